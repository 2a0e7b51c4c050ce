// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "store/put_result.h"

#include <chrono>
#include <cstdint>
#include <vector>

namespace gantry {

struct StoreMetrics;

/// A put that was appended and not yet answered.
struct PutWaiter
{
    std::int64_t end = 0; ///< of its records in the log
    std::chrono::steady_clock::time_point since;
    int messages = 0; ///< 0: not one of a producer's, not counted
    bool waitsForFlush = false;
    PutResult result;
    PutCallback done; ///< null: answered already

    /// Says how it ended, unless that was said already.
    void answer(const Result<>& outcome, StoreMetrics& metrics);
};

/// Puts that are answered together: put() only appends them, and MessageStore::finish() brings all of them into the files
/// by one call of the system. Who handles many requests in one go saves a call for each. Used by one thread; what is
/// in it must be finished before that thread waits for anything.
class PutGroup
{
public:
    [[nodiscard]] bool isEmpty() const { return m_waiters.empty(); }
    [[nodiscard]] std::size_t size() const { return m_waiters.size(); }

private:
    friend class MessageStoreImpl;
    std::chrono::steady_clock::time_point m_since; // of the first in it
    std::vector<PutWaiter> m_waiters;
    std::vector<PutWaiter> m_finishing; // keeps its memory
};

} // namespace gantry
