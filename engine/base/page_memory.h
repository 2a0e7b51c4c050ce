// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <cstddef>

namespace gantry {

/// Zeroed memory straight from the system, which gives pages when they are first touched. Move-only.
class PageMemory
{
public:
    PageMemory() = default;
    /// LimitExceeded when the system has no room.
    [[nodiscard]] static Result<PageMemory> create(std::size_t size);
    PageMemory(PageMemory&& other) noexcept;
    PageMemory& operator=(PageMemory&& other) noexcept;
    PageMemory(const PageMemory&) = delete;
    PageMemory& operator=(const PageMemory&) = delete;
    ~PageMemory();

    [[nodiscard]] std::byte* data() const { return m_data; }
    [[nodiscard]] std::size_t size() const { return m_size; }
    /// Touches the pages of the range, so that nobody who uses it meets a page fault. Advisory; any thread.
    void populate(std::size_t offset, std::size_t length) const;

private:
    std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace gantry
