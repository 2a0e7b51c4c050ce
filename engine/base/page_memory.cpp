// SPDX-License-Identifier: Apache-2.0
#include "base/page_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace gantry {

Result<PageMemory> PageMemory::create(std::size_t size)
{
    void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
        return fail(Errc::LimitExceeded, "the system has no room for {} bytes of memory", size);
    }
    PageMemory memory;
    memory.m_data = static_cast<std::byte*>(address);
    memory.m_size = size;
    return memory;
}

PageMemory::PageMemory(PageMemory&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr))
    , m_size(std::exchange(other.m_size, 0))
{}

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept
{
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

PageMemory::~PageMemory()
{
    if (m_data != nullptr) {
        ::munmap(m_data, m_size);
    }
}

void PageMemory::populate(std::size_t offset, std::size_t length) const
{
    constexpr int kPopulateWrite = 23; // MADV_POPULATE_WRITE, Linux 5.14; older headers do not name it
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t begin = offset / page * page;
    const std::size_t end = std::min((offset + length + page - 1) / page * page, m_size);
    if (begin < end) {
        ::madvise(m_data + begin, end - begin, kPopulateWrite);
    }
}

} // namespace gantry
