// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace gantry {

/// An immutable table that readers take by pointer and a writer replaces as a whole. The lock is held only while a
/// pointer is copied. Thread-safe.
template <typename Table>
class SnapshotPointer
{
public:
    SnapshotPointer()
        : m_current(std::make_shared<const Table>())
    {}
    [[nodiscard]] std::shared_ptr<const Table> load() const
    {
        const std::scoped_lock guard(m_mutex);
        return m_current;
    }
    void store(std::shared_ptr<const Table> next)
    {
        const std::scoped_lock guard(m_mutex);
        m_current.swap(next); // the old table dies after the lock is released
    }

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<const Table> m_current;
};

} // namespace gantry
