#pragma once
// Bytes from elsewhere, by the system's own downloader: curl or, where there is none, wget. Both are run without a
// shell, follow redirections within http and https alone, and heed the environment's proxies.
#include <functional>
#include <string>
#include <string_view>

namespace grus::data {

/// Tells whether the text begins as an address does, with a scheme and "://"; all else is a path.
bool is_address(std::string_view text);
/// Tells whether it is one of http or https.
bool is_web_address(std::string_view text);

/// Gives the bytes of a path, of file:///PATH or of an address in http or https to `take`, piece by piece as they come;
/// what `take` throws ends the transfer. Throws DataError "ADDRESS: need ..., got ..." for another scheme, for a file
/// that is not there and for an answer that is an error, is cut short or stands still for a minute.
void download(const std::string& address, const std::function<void(std::string_view bytes)>& take);

}  // namespace grus::data
