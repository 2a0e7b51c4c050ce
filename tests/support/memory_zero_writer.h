// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/file_system.h"

#include <memory>
#include <utility>
#include <vector>

namespace gantry {

/// Zeros through an ordinary descriptor of a MemoryFileSystem.
class MemoryZeroWriter final : public ZeroWriter
{
public:
    explicit MemoryZeroWriter(std::unique_ptr<File> file)
        : m_file(std::move(file))
    {}
    Result<> write(std::uint64_t offset, std::uint64_t length) override
    {
        return m_file->writeAt(offset, std::vector<std::byte>(length));
    }

private:
    std::unique_ptr<File> m_file;
};

} // namespace gantry
