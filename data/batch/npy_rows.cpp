#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "data/batch/dataset.h"
#include "data/read/host_tensor.h"
#include "data/read/npy_format.h"

namespace grus::data {
namespace {

// A plain file, read anywhere by several threads.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : name_(path), handle_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    require<DataError>(handle_ >= 0, "{}: {}", path, std::strerror(errno));
    const int failed = fstat(handle_, &seen_);
    if (failed != 0 || !S_ISREG(seen_.st_mode)) {
      close(handle_);
      fail<DataError>("{}: need a file, got a directory, a pipe or a device", path);
    }
  }
  ~OpenFile() { close(handle_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const std::string& name() const { return name_; }
  uint64_t size() const { return static_cast<uint64_t>(seen_.st_size); }

  // Returns how many bytes there were.
  size_t read(uint64_t offset, char* to, size_t count) const {
    size_t got = 0;
    while (got < count) {
      const ssize_t more = pread(handle_, to + got, count - got, static_cast<off_t>(offset + got));
      if (more < 0 && errno == EINTR) continue;
      require<DataError>(more >= 0, "{}: {}", name_, std::strerror(errno));
      if (more == 0) break;
      got += static_cast<size_t>(more);
    }
    return got;
  }

  // What was read before this call was the file as it was opened.
  void require_unchanged() const {
    struct stat now {};
    require<DataError>(fstat(handle_, &now) == 0, "{}: {}", name_, std::strerror(errno));
    const bool same = now.st_size == seen_.st_size && now.st_mtim.tv_sec == seen_.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
    require<DataError>(same, "{}: need the file of {} bytes that was opened, got one of {} bytes, changed since", name_,
                       seen_.st_size, now.st_size);
  }

 private:
  std::string name_;
  int handle_;
  struct stat seen_ {};
};

// The file's bytes from the first on.
class Beginning : public ByteSource {
 public:
  explicit Beginning(const OpenFile& file) : ByteSource(file.name()), file_(file) {}

 private:
  size_t read_some(char* to, unsigned most) override { return file_.read(position(), to, most); }
  const OpenFile& file_;
};

class NpySource : public Source<Tensor> {
 public:
  explicit NpySource(const std::string& path) : file_(path) {
    constexpr uint64_t most = uint64_t{1} << 60;
    char packed[2] = {};
    require<DataError>(file_.read(0, packed, 2) < 2 || std::memcmp(packed, "\x1f\x8b", 2) != 0,
                       "{}: need a plain .npy file, whose rows have known places, got a gzip file", path);
    Beginning source(file_);
    header_ = read_npy_header(source);
    begin_ = source.position();
    require<DataError>(header_.shape.rank() > 0, "{}: need an array with rows, got one of shape ()", path);
    require<DataError>(!header_.fortran || header_.shape.rank() == 1,
                       "{}: need rows that lie together (C order), got an array of shape {} in Fortran order", path,
                       header_.shape);
    const uint64_t bytes = npy_bytes(header_, most, path);
    require<DataError>(file_.size() == begin_ + bytes, "{}: need {} bytes for the {} array of shape {}, got {}", path,
                       begin_ + bytes, header_.descr, header_.shape, file_.size());
    row_bytes_ = bytes / static_cast<uint64_t>(std::max<int64_t>(header_.shape[0], 1));
  }

  int64_t size() const override { return header_.shape[0]; }
  Tensor get(int64_t i, uint64_t) const override {
    std::string row(row_bytes_, '\0');
    const size_t got = file_.read(begin_ + static_cast<uint64_t>(i) * row_bytes_, row.data(), row.size());
    file_.require_unchanged();
    require<DataError>(got == row.size(), "{}: need {} bytes of row {}, got {}", file_.name(), row.size(), i, got);
    return npy_elements(row, header_.descr, header_.shape.without(0), host_device(), file_.name());
  }

 private:
  const OpenFile file_;
  NpyHeader header_;
  uint64_t begin_ = 0, row_bytes_ = 0;
};

}  // namespace

Dataset<Tensor> npy_rows(const std::string& path) { return Dataset<Tensor>(std::make_shared<const NpySource>(path)); }

}  // namespace grus::data
