// SPDX-License-Identifier: Apache-2.0
#include "store/log_tail.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gantry {

Result<LogTail> LogTail::create(std::int64_t roomFor)
{
    GANTRY_TRY(memory, PageMemory::create(std::bit_ceil(static_cast<std::size_t>(2 * roomFor))));
    return LogTail(std::move(memory));
}

void LogTail::start(std::int64_t offset)
{
    m_begin = offset;
    m_populatedTo = offset;
}

void LogTail::put(std::int64_t offset, ByteView bytes)
{
    const std::size_t position = positionOf(offset);
    const std::size_t first = std::min(bytes.size(), m_memory.size() - position);
    std::memcpy(m_memory.data() + position, bytes.data(), first);
    if (first < bytes.size()) {
        std::memcpy(m_memory.data(), bytes.data() + first, bytes.size() - first);
    }
}

void LogTail::putZeros(std::int64_t offset, std::int64_t length)
{
    const std::size_t position = positionOf(offset);
    const auto size = static_cast<std::size_t>(length);
    const std::size_t first = std::min(size, m_memory.size() - position);
    std::memset(m_memory.data() + position, 0, first);
    std::memset(m_memory.data(), 0, size - first);
}

std::array<ByteView, 2> LogTail::pieces(std::int64_t begin, std::int64_t end) const
{
    const std::size_t position = positionOf(begin);
    const auto size = static_cast<std::size_t>(end - begin);
    const std::size_t first = std::min(size, m_memory.size() - position);
    return {ByteView(m_memory.data() + position, first), ByteView(m_memory.data(), size - first)};
}

void LogTail::populateTo(std::int64_t offset)
{
    const std::int64_t end = std::min(offset, endOfFirstLap());
    if (m_populatedTo >= end) {
        return;
    }
    const std::size_t position = positionOf(m_populatedTo);
    const auto size = static_cast<std::size_t>(end - m_populatedTo);
    const std::size_t first = std::min(size, m_memory.size() - position);
    m_memory.populate(position, first);
    m_memory.populate(0, size - first);
    m_populatedTo = end;
}

} // namespace gantry
