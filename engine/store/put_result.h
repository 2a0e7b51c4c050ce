// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"
#include "message/host_address.h"
#include "message/record_codec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gantry {

enum class PutStatus {
    Ok,
    FlushDiskTimeout,        ///< stored, durability unknown
    ServiceNotAvailable,     ///< shutting down, not writable, disk full or poisoned; see PutResult::reason
    MessageIllegal,
    PropertiesTooLarge,
    CreateFileFailed,
    Unknown,
};
[[nodiscard]] std::string_view toString(PutStatus status); ///< Apache's name, e.g. "PUT_OK"

/// One message to append. The strings are moved in.
struct PutRequest
{
    std::string topic;
    std::int32_t queueId = 0;
    std::int32_t flag = 0;
    std::int32_t sysFlag = 0;
    std::int64_t bornTimestampMs = 0;
    HostAddress bornHost;
    std::int32_t reconsumeTimes = 0;
    std::int64_t preparedTransactionOffset = 0;
    std::string properties;   ///< encoded form
    std::string body;
    bool waitForFlush = true; ///< property WAIT; matters under FlushMode::Sync only
};

struct PutResult
{
    PutStatus status = PutStatus::Unknown;
    std::string reason;                 ///< for people, when not Ok
    std::int64_t commitLogOffset = 0;   ///< of the first record
    std::int32_t size = 0;              ///< bytes of all records
    std::int64_t queueOffset = 0;       ///< of the first record
    std::int64_t storeTimestampMs = 0;
    std::vector<std::int64_t> batchCommitLogOffsets; ///< one per item of a batch, else empty
    [[nodiscard]] bool isStored() const { return status == PutStatus::Ok || status == PutStatus::FlushDiskTimeout; }
};

/// Called exactly once, on one of the store's threads or on the caller's before put() or finish() returns. Must not block.
using PutCallback = UniqueFunction<void(PutResult)>;

} // namespace gantry
