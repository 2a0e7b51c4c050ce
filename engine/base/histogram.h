// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace gantry {

/// What a LatencyHistogram held at one moment; plain data, mergeable, subtractable.
struct HistogramSnapshot
{
    std::vector<std::uint64_t> counts; ///< per bucket; empty means nothing recorded
    std::uint64_t count = 0;
    std::uint64_t sum = 0;             ///< of recorded values
    std::uint64_t max = 0;             ///< since the histogram was made; a difference keeps the newer one

    /// Smallest bucket upper bound that at least `fraction` (0..1) of the values do not exceed; 0 when empty.
    [[nodiscard]] std::uint64_t quantile(double fraction) const;
    [[nodiscard]] double mean() const { return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count); }
    /// What was recorded between `earlier` and this.
    [[nodiscard]] HistogramSnapshot since(const HistogramSnapshot& earlier) const;
    void merge(const HistogramSnapshot& other);
};

/// Log-linear histogram of nanoseconds (or any unsigned values): 32 linear steps per power of two, so a value is
/// known to about 3 %. record() is wait-free and may be called from any thread; so may snapshot().
class LatencyHistogram
{
public:
    LatencyHistogram() = default;
    LatencyHistogram(const LatencyHistogram&) = delete;
    LatencyHistogram& operator=(const LatencyHistogram&) = delete;

    void record(std::uint64_t value, std::uint64_t times = 1);
    [[nodiscard]] HistogramSnapshot snapshot() const;

    static constexpr std::size_t kStepsLog2 = 5;
    static constexpr std::size_t kBucketCount = (64 - kStepsLog2 + 1) << kStepsLog2;
    static std::size_t bucketOf(std::uint64_t value);
    /// The largest value that falls into the bucket.
    static std::uint64_t upperBound(std::size_t bucket);

private:
    std::array<std::atomic<std::uint64_t>, kBucketCount> m_counts{};
    std::atomic<std::uint64_t> m_sum{0};
    std::atomic<std::uint64_t> m_max{0};
};

} // namespace gantry
