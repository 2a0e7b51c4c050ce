// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace gantry {

/// Bytes at an address that never changes, so that mappings can point at them. Untouched memory
/// costs nothing.
class MemoryBuffer
{
public:
    MemoryBuffer() = default;
    ~MemoryBuffer() { std::free(m_data); }
    MemoryBuffer(const MemoryBuffer&) = delete;
    MemoryBuffer& operator=(const MemoryBuffer&) = delete;

    [[nodiscard]] std::byte* data() const { return m_data; }
    [[nodiscard]] std::size_t size() const { return m_size; }

    void resize(std::size_t size)
    {
        if (size < m_size) {
            std::memset(m_data + size, 0, m_size - size);
        }
        if (size > m_capacity) {
            const std::size_t capacity = std::max(size, 2 * m_capacity);
            // calloc() takes large blocks as untouched pages, which cost nothing until written.
            auto* grown = static_cast<std::byte*>(std::calloc(capacity, 1));
            if (m_size > 0) {
                std::memcpy(grown, m_data, m_size);
            }
            std::free(m_data);
            m_data = grown;
            m_capacity = capacity;
        }
        m_size = size;
    }
    void assign(const MemoryBuffer& other)
    {
        resize(other.size());
        if (other.size() > 0) {
            std::memcpy(m_data, other.data(), other.size());
        }
    }
    [[nodiscard]] std::size_t capacity() const { return m_capacity; }

private:
    std::byte* m_data = nullptr;
    std::size_t m_size = 0;
    std::size_t m_capacity = 0;
};

} // namespace gantry
