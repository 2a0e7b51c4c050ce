// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"
#include "base/page_memory.h"

#include <array>
#include <cstdint>

namespace gantry {

/// The log's newest bytes, in memory until they are written to their file: a ring over the log's offsets. Whoever
/// appends puts bytes in, under the append lock; whoever writes takes them out, up to a tail that was published after
/// they were put. The two meet at no byte, so there is no lock. All offsets are bytes of the log.
class LogTail
{
public:
    /// `roomFor`: the most that one append may put; there is room for at least two of them.
    static Result<LogTail> create(std::int64_t roomFor);

    /// Empties it; what comes next lies at the offset.
    void start(std::int64_t offset);
    /// Whether bytes up to `end` fit when those before `written` were taken out.
    [[nodiscard]] bool hasRoom(std::int64_t end, std::int64_t written) const
    {
        return end - written <= capacity();
    }
    void put(std::int64_t offset, ByteView bytes);
    void putZeros(std::int64_t offset, std::int64_t length);
    /// What lies in [begin, end), in one or two pieces.
    [[nodiscard]] std::array<ByteView, 2> pieces(std::int64_t begin, std::int64_t end) const;

    /// Touches the memory that appends up to the offset will use, if nobody has. One thread.
    void populateTo(std::int64_t offset);
    /// Up to where that was done; never again behind endOfFirstLap().
    [[nodiscard]] std::int64_t endOfFirstLap() const { return m_begin + capacity(); }

private:
    explicit LogTail(PageMemory memory)
        : m_memory(std::move(memory))
    {}
    [[nodiscard]] std::int64_t capacity() const { return static_cast<std::int64_t>(m_memory.size()); }
    [[nodiscard]] std::size_t positionOf(std::int64_t offset) const
    {
        return static_cast<std::size_t>(offset) & (m_memory.size() - 1); // a power of two
    }

    PageMemory m_memory;
    std::int64_t m_begin = 0;
    std::int64_t m_populatedTo = 0;
};

} // namespace gantry
