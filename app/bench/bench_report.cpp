// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_report.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gantry::bench {

namespace {

constexpr double kNsPerUs = 1000;
constexpr double kMiB = 1024.0 * 1024.0;

double quantileUs(const Measured& measured, double fraction)
{
    return static_cast<double>(measured.latency.quantile(fraction)) / kNsPerUs;
}

double perSecond(const Measured& measured, std::uint64_t count)
{
    return measured.seconds > 0 ? static_cast<double>(count) / measured.seconds : 0;
}

double cpuSeconds(const Measured& measured)
{
    return measured.before && measured.after ? measured.after->cpuSeconds - measured.before->cpuSeconds : 0;
}

std::string shape(const Report& report)
{
    const auto& options = report.options;
    if (report.mode == "watch") {
        return "no load";
    }
    if (report.mode == "pull") {
        return fmt::format("{} connections, {} queues, {} messages per pull", options.connections, options.queues,
                           options.pullMessages);
    }
    return fmt::format("{}, {} queues, {} bytes{}{}, {} header",
                       options.rate > 0 ? fmt::format("open loop {:.0f}/s over {} connections", options.rate, options.connections)
                                        : fmt::format("closed loop {} x {}", options.connections, options.depth),
                       options.queues, options.bodyBytes, options.batch > 1 ? fmt::format(" x {}", options.batch) : "",
                       options.hasKeys ? ", keys" : "", options.encoding == HeaderEncoding::Json ? "JSON" : "binary");
}

std::string standstillText(const Measured& measured)
{
    if (!measured.standstill) {
        return "whether the machine stood still is not known";
    }
    return fmt::format("the machine stood still for {:.0f} ms ({:.0f} at most)", measured.standstill->milliseconds,
                       measured.standstill->longestMs);
}

} // namespace

bool Report::isClean() const
{
    return measured.errors == 0 && measured.unanswered == 0 && (!counts || counts->areClean());
}

std::string Report::text() const
{
    const auto& m = measured;
    auto out = fmt::format("{} {}: {}\n", mode, options.label, shape(*this));
    if (mode != "watch") {
        out += fmt::format("  {:.0f} msg/s, {:.1f} MB/s, {} messages in {:.2f} s\n", perSecond(m, m.messages),
                           perSecond(m, m.bytes) / 1e6, m.messages, m.seconds);
        out += fmt::format("  latency us: p50 {:.0f}  p90 {:.0f}  p99 {:.0f}  p99.9 {:.0f}  max {:.0f}\n", quantileUs(m, 0.5),
                           quantileUs(m, 0.9), quantileUs(m, 0.99), quantileUs(m, 0.999),
                           static_cast<double>(m.latency.max) / kNsPerUs);
    }
    if (m.after) {
        out += fmt::format("  broker: {:.2f} cores{}, {:.1f} MiB anonymous, {} threads, {} descriptors, {:.1f} MiB written\n",
                           m.seconds > 0 ? cpuSeconds(m) / m.seconds : 0,
                           m.messages > 0 ? fmt::format(", {:.2f} us per message", cpuSeconds(m) * 1e6 / static_cast<double>(m.messages)) : "",
                           static_cast<double>(m.after->anonymousBytes) / kMiB, m.after->threads, m.after->descriptors,
                           m.before ? static_cast<double>(m.after->writtenBytes - m.before->writtenBytes) / kMiB : 0);
    }
    out += fmt::format("  others used {:.2f} cores, the host took {:.2f}, {}\n", m.foreignCpu, m.stolenCpu, standstillText(m));
    if (m.errors + m.unanswered > 0) {
        out += fmt::format("  {} requests refused, {} unanswered; first: {}\n", m.errors, m.unanswered, m.firstError);
    }
    if (m.lateShare > 0.001) {
        out += fmt::format("  {:.1f} % of the requests were sent more than 1 ms late\n", m.lateShare * 100);
    }
    if (counts) {
        out += fmt::format("  {} sent, {} acknowledged, {} found; lost {}, doubled {}, unexpected {}, misplaced {}, damaged {}, gaps {}\n",
                           counts->sent, counts->acknowledged, counts->found, counts->lost, counts->doubled, counts->unexpected,
                           counts->misplaced, counts->damaged, counts->gaps);
    }
    return out;
}

std::string Report::json() const
{
    const auto& m = measured;
    nlohmann::json out;
    out["label"] = options.label;
    out["mode"] = mode;
    out["shape"] = shape(*this);
    out["clean"] = isClean();
    out["seconds"] = m.seconds;
    out["messages"] = m.messages;
    out["requests"] = m.requests;
    out["tps"] = perSecond(m, m.messages);
    out["mbps"] = perSecond(m, m.bytes) / 1e6;
    out["p50"] = quantileUs(m, 0.5);
    out["p90"] = quantileUs(m, 0.9);
    out["p99"] = quantileUs(m, 0.99);
    out["p999"] = quantileUs(m, 0.999);
    out["max"] = static_cast<double>(m.latency.max) / kNsPerUs;
    out["errors"] = m.errors;
    out["unanswered"] = m.unanswered;
    out["late"] = m.lateShare;
    out["foreign"] = m.foreignCpu;
    out["stolen"] = m.stolenCpu;
    if (m.standstill) {
        out["standstill_ms"] = m.standstill->milliseconds;
        out["standstill_max_ms"] = m.standstill->longestMs;
    }
    if (m.after) {
        out["cores"] = m.seconds > 0 ? cpuSeconds(m) / m.seconds : 0;
        out["cpu_us"] = m.messages > 0 ? cpuSeconds(m) * 1e6 / static_cast<double>(m.messages) : 0;
        out["anon_mib"] = static_cast<double>(m.after->anonymousBytes) / kMiB;
        out["file_mib"] = static_cast<double>(m.after->fileBytes) / kMiB;
        out["threads"] = m.after->threads;
        out["descriptors"] = m.after->descriptors;
        out["written_mib"] = m.before ? static_cast<double>(m.after->writtenBytes - m.before->writtenBytes) / kMiB : 0;
    }
    if (mode == "send") {
        out["acknowledged"] = acknowledged;
    }
    if (counts) {
        out["sent"] = counts->sent;
        out["found"] = counts->found;
        out["lost"] = counts->lost;
        out["doubled"] = counts->doubled;
        out["unexpected"] = counts->unexpected;
        out["misplaced"] = counts->misplaced;
        out["damaged"] = counts->damaged;
        out["gaps"] = counts->gaps;
    }
    return dumpJson(out);
}

} // namespace gantry::bench
