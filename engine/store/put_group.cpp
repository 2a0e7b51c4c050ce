// SPDX-License-Identifier: Apache-2.0
#include "store/put_group.h"

#include "store/store_metrics.h"

#include <utility>

namespace gantry {

void PutWaiter::answer(const Result<>& outcome, StoreMetrics& metrics)
{
    if (!done) {
        return;
    }
    if (!outcome) {
        result.status = outcome.error().code == Errc::Timeout ? PutStatus::FlushDiskTimeout : PutStatus::ServiceNotAvailable;
        result.reason = outcome.error().message;
    }
    if (result.status != PutStatus::Ok) {
        metrics.putsFailed.fetch_add(static_cast<std::uint64_t>(messages), std::memory_order_relaxed);
    }
    const auto call = std::exchange(done, nullptr);
    call(std::move(result));
}

} // namespace gantry
