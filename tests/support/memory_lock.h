// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/file_system.h"

#include <filesystem>
#include <memory>
#include <set>
#include <utility>

namespace gantry {

/// Names in a set that processes on one machine would share.
class MemoryLock final : public FileLock
{
public:
    MemoryLock(std::shared_ptr<std::set<std::filesystem::path>> locks, std::filesystem::path path)
        : m_locks(std::move(locks))
        , m_path(std::move(path))
    {}
    ~MemoryLock() override { m_locks->erase(m_path); }
    MemoryLock(const MemoryLock&) = delete;
    MemoryLock& operator=(const MemoryLock&) = delete;

private:
    std::shared_ptr<std::set<std::filesystem::path>> m_locks;
    std::filesystem::path m_path;
};

} // namespace gantry
