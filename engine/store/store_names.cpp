// SPDX-License-Identifier: Apache-2.0
// The words for the enums of the public headers, and Apache's default delay levels.
#include "store/get_result.h"
#include "store/put_result.h"
#include "store/store_config.h"
#include "store/store_metrics.h"

namespace gantry {

std::string_view toString(GetStatus status)
{
    switch (status) {
    case GetStatus::Found:
        return "FOUND";
    case GetStatus::NoMatchedMessage:
        return "NO_MATCHED_MESSAGE";
    case GetStatus::MessageWasRemoving:
        return "MESSAGE_WAS_REMOVING";
    case GetStatus::OffsetFoundNull:
        return "OFFSET_FOUND_NULL";
    case GetStatus::OffsetOverflowBadly:
        return "OFFSET_OVERFLOW_BADLY";
    case GetStatus::OffsetOverflowOne:
        return "OFFSET_OVERFLOW_ONE";
    case GetStatus::OffsetTooSmall:
        return "OFFSET_TOO_SMALL";
    case GetStatus::NoMatchedLogicQueue:
        return "NO_MATCHED_LOGIC_QUEUE";
    case GetStatus::NoMessageInQueue:
        return "NO_MESSAGE_IN_QUEUE";
    case GetStatus::OffsetReset:
        return "OFFSET_RESET";
    }
    return "UNKNOWN";
}

std::string_view toString(PutStatus status)
{
    switch (status) {
    case PutStatus::Ok:
        return "PUT_OK";
    case PutStatus::FlushDiskTimeout:
        return "FLUSH_DISK_TIMEOUT";
    case PutStatus::ServiceNotAvailable:
        return "SERVICE_NOT_AVAILABLE";
    case PutStatus::MessageIllegal:
        return "MESSAGE_ILLEGAL";
    case PutStatus::PropertiesTooLarge:
        return "PROPERTIES_SIZE_EXCEEDED";
    case PutStatus::CreateFileFailed:
        return "CREATE_MAPPED_FILE_FAILED";
    case PutStatus::Unknown:
        return "UNKNOWN_ERROR";
    }
    return "UNKNOWN_ERROR";
}

std::string_view toString(StoreState state)
{
    switch (state) {
    case StoreState::Running:
        return "running";
    case StoreState::DiskFull:
        return "disk full";
    case StoreState::Poisoned:
        return "poisoned";
    case StoreState::Closed:
        return "closed";
    }
    return "unknown";
}

std::vector<std::chrono::milliseconds> defaultDelayLevels()
{
    using namespace std::chrono_literals;
    return {1s,   5s,   10s,  30s,  1min,  2min,  3min,  4min, 5min,
            6min, 7min, 8min, 9min, 10min, 20min, 30min, 1h,   2h};
}

} // namespace gantry
