// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gantry {

std::size_t LatencyHistogram::bucketOf(std::uint64_t value)
{
    constexpr std::uint64_t kSteps = 1ULL << kStepsLog2;
    if (value < kSteps) {
        return static_cast<std::size_t>(value);
    }
    const auto exponent = static_cast<std::size_t>(std::bit_width(value)) - 1;
    const auto step = static_cast<std::size_t>((value >> (exponent - kStepsLog2)) & (kSteps - 1));
    return ((exponent - kStepsLog2 + 1) << kStepsLog2) + step;
}

std::uint64_t LatencyHistogram::upperBound(std::size_t bucket)
{
    constexpr std::size_t kSteps = 1U << kStepsLog2;
    if (bucket < kSteps) {
        return bucket;
    }
    const std::size_t shift = (bucket >> kStepsLog2) - 1;
    const std::uint64_t step = (bucket & (kSteps - 1)) + kSteps;
    return (step << shift) + ((1ULL << shift) - 1);
}

void LatencyHistogram::record(std::uint64_t value, std::uint64_t times)
{
    m_counts[bucketOf(value)].fetch_add(times, std::memory_order_relaxed);
    m_sum.fetch_add(value * times, std::memory_order_relaxed);
    std::uint64_t seen = m_max.load(std::memory_order_relaxed);
    while (value > seen && !m_max.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

HistogramSnapshot LatencyHistogram::snapshot() const
{
    HistogramSnapshot result;
    result.counts.resize(kBucketCount);
    for (std::size_t i = 0; i < kBucketCount; ++i) {
        result.counts[i] = m_counts[i].load(std::memory_order_relaxed);
        result.count += result.counts[i];
    }
    result.sum = m_sum.load(std::memory_order_relaxed);
    result.max = m_max.load(std::memory_order_relaxed);
    return result;
}

std::uint64_t HistogramSnapshot::quantile(double fraction) const
{
    if (count == 0) {
        return 0;
    }
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        seen += counts[i];
        if (seen >= wanted) {
            return std::min(LatencyHistogram::upperBound(i), std::max(max, LatencyHistogram::upperBound(0)));
        }
    }
    return max;
}

HistogramSnapshot HistogramSnapshot::since(const HistogramSnapshot& earlier) const
{
    HistogramSnapshot result = *this;
    if (earlier.counts.empty() || counts.empty()) {
        return result;
    }
    result.count = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        result.counts[i] = counts[i] - std::min(counts[i], earlier.counts[i]);
        result.count += result.counts[i];
    }
    result.sum = sum - std::min(sum, earlier.sum);
    return result;
}

void HistogramSnapshot::merge(const HistogramSnapshot& other)
{
    if (other.counts.empty()) {
        return;
    }
    counts.resize(LatencyHistogram::kBucketCount);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] += other.counts[i];
    }
    count += other.count;
    sum += other.sum;
    max = std::max(max, other.max);
}

} // namespace gantry
