// CTC: the reference's sums, a sequence a task.
#include "core/backends/cpu/entries.h"
#include "core/backends/reference/reference.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {

Status ctc(Context* context, const CtcArgs& args) {
  if (!is_float(args.log_probs.dtype)) return reference_backend().ctc(context, args);
  parallel_for(args.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) reference::ctc_sequence(args, b);
  });
  return Status::ok;
}

}  // namespace grus::cpu
