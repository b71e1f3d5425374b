#pragma once
// A build that uses models and never trains (deploy/) leaves out what only gradients ask for.

namespace grus {

#ifdef GRUS_USE_ONLY
inline constexpr bool use_only = true;
#else
inline constexpr bool use_only = false;
#endif

}  // namespace grus
