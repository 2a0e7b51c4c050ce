// SPDX-License-Identifier: Apache-2.0
#include "base/posix_zero_writer.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace gantry {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockSize = 64 * 1024;
alignas(ZeroWriter::kAlignment) std::array<std::byte, kBlockSize> zeroBlock; // never written to
constexpr std::size_t kBlocksPerCall = 16;

class PosixZeroWriter final : public ZeroWriter
{
public:
    PosixZeroWriter(const PosixCalls& calls, int descriptor, fs::path path)
        : m_calls(calls)
        , m_descriptor(descriptor)
        , m_path(std::move(path))
    {}
    ~PosixZeroWriter() override { ::close(m_descriptor); }
    PosixZeroWriter(const PosixZeroWriter&) = delete;
    PosixZeroWriter& operator=(const PosixZeroWriter&) = delete;

    Result<> write(std::uint64_t offset, std::uint64_t length) override
    {
        for (std::uint64_t done = 0; done < length;) {
            std::array<iovec, kBlocksPerCall> blocks{};
            int count = 0;
            for (std::uint64_t given = done; given < length && count < static_cast<int>(kBlocksPerCall);) {
                const std::uint64_t size = std::min<std::uint64_t>(kBlockSize, length - given);
                blocks[static_cast<std::size_t>(count++)] = {zeroBlock.data(), size};
                given += size;
            }
            const ssize_t written = m_calls.pwritev(m_descriptor, blocks.data(), count, static_cast<off_t>(offset + done));
            if (written < 0 && errno == EINTR) {
                continue;
            }
            if (written <= 0 || static_cast<std::size_t>(written) % kAlignment != 0) {
                return failErrno(written < 0 ? errno : EIO, fmt::format("cannot write zeros to {} at byte {}", m_path.string(), offset + done));
            }
            done += static_cast<std::uint64_t>(written);
        }
        return {};
    }

private:
    const PosixCalls& m_calls;
    int m_descriptor;
    fs::path m_path;
};

/// Where a block stays where it is when it is written again. Elsewhere zeros would only take room and time.
bool writesInPlace(int descriptor)
{
    struct statfs status{};
    if (::fstatfs(descriptor, &status) != 0) {
        return false;
    }
    const auto type = static_cast<unsigned long>(status.f_type);
    return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC;
}

} // namespace

Result<std::unique_ptr<ZeroWriter>> openZeroWriter(const PosixCalls& calls, const fs::path& path)
{
    int descriptor = -1;
    do {
        descriptor = calls.open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC, 0);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        return errno == EINVAL ? fail(Errc::Unsupported, "the file system of {} only writes through the page cache", path.string())
                               : failErrno(errno, fmt::format("cannot open {}", path.string()));
    }
    auto writer = std::make_unique<PosixZeroWriter>(calls, descriptor, path);
    if (!writesInPlace(descriptor)) {
        return fail(Errc::Unsupported, "the file system of {} may write a block to another place", path.string());
    }
    return writer;
}

} // namespace gantry
