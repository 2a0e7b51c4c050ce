// SPDX-License-Identifier: GPL-3.0-or-later

// bench_table FILE [ROW...]: turns the lines that tests/bench/compare collected (label "row/side/pair") into a Markdown table:
// medians and ranges of both brokers, the ratio of the medians, how many pairs agree with the target, a sign test.
#include "base/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace gantry;

enum class Kind {
    Ratio,    ///< Gantry to Apache
    Own,      ///< Gantry's figure itself
    OwnRatio, ///< Gantry's figure to its figure in another row
};

/// What is asked of one figure of one row.
struct Target
{
    const char* row;
    const char* key; ///< in the JSON lines
    const char* title;
    Kind kind;
    bool isAtLeast; ///< else at most
    double limit;   ///< 0: only shown
    const char* base = nullptr; ///< OwnRatio: the other row
};

constexpr Target kTargets[] = {
    {"sync-1x1", "tps", "sync flush 1 x 1, msg/s", Kind::Ratio, true, 3},
    {"sync-64x1", "tps", "sync flush 64 x 1, msg/s", Kind::Ratio, true, 2},
    {"sync-64x1", "p50", "sync flush 64 x 1 P50, us", Kind::Ratio, false, 1.0 / 2},
    {"sync-64x1", "p99", "sync flush 64 x 1 P99, us", Kind::Ratio, false, 1.0 / 2},
    {"sync-16x32", "tps", "sync flush 16 x 32, msg/s", Kind::Ratio, true, 6},
    {"async-1x1", "tps", "async 1 x 1, msg/s", Kind::Ratio, true, 1.7},
    {"async-64x1", "tps", "async 64 x 1, msg/s", Kind::Ratio, true, 2.5},
    {"async-16x32", "tps", "async 16 x 32 JSON, msg/s", Kind::Ratio, true, 7},
    {"async-16x32-binary", "tps", "async 16 x 32 binary, msg/s", Kind::Ratio, true, 10},
    {"async-batch", "tps", "async batches of 32, msg/s", Kind::Ratio, true, 0},
    {"async-16x32-256B", "tps", "async 16 x 32, 256 bytes, msg/s", Kind::Ratio, true, 0},
    {"async-16x8-16KiB", "tps", "async 16 x 8, 16 KiB, msg/s", Kind::Ratio, true, 0},
    {"async-256x1", "tps", "async 256 x 1, msg/s", Kind::Ratio, true, 0},
    {"async-16x32-keys", "tps", "async 16 x 32 with keys, msg/s", Kind::Ratio, true, 0},
    {"open-20k", "p50", "open loop 20,000/s P50, us", Kind::Ratio, false, 0.1},
    {"open-20k", "p99", "open loop 20,000/s P99, us", Kind::Ratio, false, 0.1},
    {"open-20k", "p999", "open loop 20,000/s P99.9, us", Kind::Ratio, false, 0.2},
    {"open-20k", "late", "open loop: share sent more than 1 ms late", Kind::Ratio, false, 0},
    {"async-16x32", "cpu_us", "broker CPU at async 16 x 32, us/msg", Kind::Ratio, false, 1.0 / 7},
    {"sync-16x32", "cpu_us", "broker CPU at sync 16 x 32, us/msg", Kind::Ratio, false, 1.0 / 7},
    {"catch-up-warm", "mbps", "catch-up warm, MB/s", Kind::Ratio, true, 2},
    {"catch-up-cold", "mbps", "catch-up cold, MB/s", Kind::Ratio, true, 4},
    {"send-beside", "p99", "P99 at 20,000/s beside a reader of cold backlog, to P99 alone, us", Kind::OwnRatio, false, 2,
     "send-alone"},
    {"boot", "start_ms", "start on an empty store, ms", Kind::Own, false, 70},
    {"idle", "anon_mib", "anonymous memory at boot, MiB", Kind::Own, false, 24},
    {"async-16x32", "anon_mib", "anonymous memory under load (async 16 x 32), MiB", Kind::Own, false, 128},
    {"sync-16x32", "anon_mib", "anonymous memory under load (sync 16 x 32), MiB", Kind::Own, false, 128},
    {"idle", "cores", "idle, cores", Kind::Own, false, 0.005},
    {"idle", "threads", "threads", Kind::Own, false, 12},
    {"recovery-warm", "ms_per_gib", "recovery after a kill, warm, ms per GiB of log", Kind::Ratio, false, 1.0 / 8},
    {"recovery-cold", "ms_per_gib", "recovery after a kill, cold, ms per GiB of log", Kind::Ratio, false, 1.0 / 3},
    {"recovery-scan", "read_gib", "read by a start after a kill, log of several GiB, GiB", Kind::Own, false, 1.05},
};

/// Ratios closer to 1 than this are noise.
constexpr double kNoise = 1.3;

using Pairs = std::map<std::string, nlohmann::json>; ///< pair number to its line
struct Row
{
    Pairs gantry;
    Pairs apache;
};

std::map<std::string, Row> readRows(std::ifstream& file, int& unclean)
{
    std::map<std::string, Row> rows;
    std::string line;
    while (std::getline(file, line)) {
        auto parsed = parseJson(line, "a result");
        if (!parsed || !parsed->contains("label")) {
            continue;
        }
        const auto label = (*parsed)["label"].get<std::string>();
        const auto first = label.find('/');
        const auto second = label.rfind('/');
        if (first == std::string::npos || second == first) {
            continue;
        }
        unclean += parsed->value("clean", false) ? 0 : 1;
        auto& row = rows[label.substr(0, first)];
        auto& side = label.substr(first + 1, second - first - 1) == "gantry" ? row.gantry : row.apache;
        side[label.substr(second + 1)] = std::move(*parsed);
    }
    return rows;
}

std::vector<double> figures(const Pairs& pairs, const char* key)
{
    std::vector<double> values;
    for (const auto& [pair, line] : pairs) {
        if (line.contains(key)) {
            values.push_back(line[key].get<double>());
        }
    }
    std::sort(values.begin(), values.end());
    return values;
}

double median(const std::vector<double>& sorted)
{
    const auto n = sorted.size();
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

std::string number(double value)
{
    if (value >= 100'000) {
        return fmt::format("{:.0f} k", value / 1000);
    }
    return value >= 100 ? fmt::format("{:.0f}", value) : value >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.4f}", value);
}

std::string spread(const std::vector<double>& sorted)
{
    if (sorted.empty()) {
        return "–";
    }
    return fmt::format("**{}** ({}–{})", number(median(sorted)), number(sorted.front()), number(sorted.back()));
}

/// Chance that as many pairs or more favour one side when neither is better.
double signTest(int agreeing, int pairs)
{
    double chance = 0;
    for (int k = agreeing; k <= pairs; ++k) {
        chance += std::exp(std::lgamma(pairs + 1.0) - std::lgamma(k + 1.0) - std::lgamma(pairs - k + 1.0) - pairs * std::log(2.0));
    }
    return chance;
}

bool meets(const Target& target, double value)
{
    return target.isAtLeast ? value >= target.limit : value <= target.limit;
}

std::string limitText(const Target& target)
{
    if (target.limit == 0) {
        return "–";
    }
    const auto* sign = target.isAtLeast ? "≥" : "≤";
    if (target.kind != Kind::Own && target.limit < 1) {
        return fmt::format("{} 1/{:.0f}", sign, 1 / target.limit);
    }
    return fmt::format("{} {:g}", sign, target.limit);
}

std::string ratioText(double ratio)
{
    return ratio >= 0.5 ? fmt::format("{:.2f}", ratio) : fmt::format("1/{:.1f}", 1 / ratio);
}

/// "met" and "missed" only when six of seven pairs say the same as the medians.
std::string verdict(const Target& target, double judged, int agreeing, int pairs)
{
    if (target.limit == 0) {
        const bool isNoise = judged < kNoise && judged > 1 / kNoise;
        return target.kind == Kind::Ratio && isNoise ? "noise" : "–";
    }
    const int needed = (6 * pairs + 6) / 7;
    if (meets(target, judged)) {
        return agreeing >= needed ? "met" : "noise (median meets it)";
    }
    return pairs - agreeing >= needed ? "**missed**" : "noise (median misses it)";
}

void printRow(const Target& target, const Row& row, const Row& base)
{
    const bool isRatio = target.kind != Kind::Own;
    const Pairs& others = target.kind == Kind::OwnRatio ? base.gantry : row.apache;
    const auto ours = figures(row.gantry, target.key);
    const auto theirs = figures(others, target.key);
    if (ours.empty() || (isRatio && theirs.empty())) {
        fmt::print("| {} | – | – | – | – | – | {} | not measured |\n", target.title, limitText(target));
        return;
    }
    int pairs = 0;
    int agreeing = 0;
    int better = 0;
    int compared = 0;
    for (const auto& [pair, line] : row.gantry) {
        if (!line.contains(target.key)) {
            continue;
        }
        const double our = line[target.key].get<double>();
        const auto other = others.find(pair);
        const bool hasOther = other != others.end() && other->second.contains(target.key);
        if (hasOther) {
            const double their = other->second[target.key].get<double>();
            ++compared;
            better += (target.isAtLeast ? our > their : our < their) ? 1 : 0;
            agreeing += isRatio && meets(target, our / their) ? 1 : 0;
        }
        pairs += !isRatio || hasOther ? 1 : 0;
        agreeing += !isRatio && meets(target, our) ? 1 : 0;
    }
    const double ratio = theirs.empty() || median(theirs) == 0 ? 0 : median(ours) / median(theirs);
    const auto othersText = target.kind == Kind::OwnRatio ? "(alone) " + spread(theirs) : spread(theirs);
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", target.title, spread(ours), othersText,
               ratio == 0 ? std::string("–") : ratioText(ratio),
               pairs == 0 || target.limit == 0 ? std::string("–") : fmt::format("{} of {}", agreeing, pairs),
               compared == 0 ? std::string("–") : fmt::format("{:.3f}", signTest(better, compared)), limitText(target),
               verdict(target, isRatio ? ratio : median(ours), agreeing, pairs));
}

/// What else ran on the machine meanwhile.
void printDisturbance(const std::map<std::string, Row>& rows, int unclean)
{
    std::vector<double> foreign;
    std::vector<double> stolen;
    for (const auto& [name, row] : rows) {
        for (const auto* side : {&row.gantry, &row.apache}) {
            const auto used = figures(*side, "foreign");
            const auto taken = figures(*side, "stolen");
            foreign.insert(foreign.end(), used.begin(), used.end());
            stolen.insert(stolen.end(), taken.begin(), taken.end());
        }
    }
    const auto held = rows.find("send-beside-held");
    const auto p99 = held == rows.end() ? std::vector<double>() : figures(held->second.gantry, "p99");
    if (!p99.empty()) {
        fmt::print("\nBeside a reader of cold backlog: {} further pairs do not count because the host held all processors of the "
                   "machine, for {} ms in the median; P99 in them: {}.\n",
                   p99.size(), number(median(figures(held->second.gantry, "standstill_ms"))), spread(p99));
    }
    if (foreign.empty()) {
        return;
    }
    std::sort(foreign.begin(), foreign.end());
    std::sort(stolen.begin(), stolen.end());
    fmt::print("\nOther processes and the kernel's own threads used {:.2f} cores in the median ({:.2f} at most), the host took "
               "{:.2f} ({:.2f}). {} runs were not clean.\n",
               median(foreign), foreign.back(), median(stolen), stolen.back(), unclean);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        fmt::print(stderr, "usage: bench_table RESULTS.jsonl [ROW...]\n");
        return 1;
    }
    std::ifstream file(argv[1]);
    if (!file) {
        fmt::print(stderr, "bench_table: {} cannot be read\n", argv[1]);
        return 1;
    }
    int unclean = 0;
    const auto rows = readRows(file, unclean);
    const auto rowOf = [&rows](const char* name) {
        const auto found = name == nullptr ? rows.end() : rows.find(name);
        return found == rows.end() ? Row{} : found->second;
    };
    // A row of tests/bench/compare may give several of the table's.
    const std::multimap<std::string, std::string> given{{"boot", "idle"}, {"beside-cold", "send-beside"}};
    std::set<std::string> wanted(argv + 2, argv + argc);
    for (const auto& [row, more] : given) {
        if (wanted.contains(row)) {
            wanted.insert(more);
        }
    }
    fmt::print("| | Gantry: median (range) | Apache: median (range) | ratio | pairs meeting the target | sign test p | target | |\n");
    fmt::print("|---|---|---|---|---|---|---|---|\n");
    for (const auto& target : kTargets) {
        const bool isExtra = target.limit == 0 && !rows.contains(target.row);
        if (wanted.empty() ? !isExtra : wanted.contains(target.row)) {
            printRow(target, rowOf(target.row), rowOf(target.base));
        }
    }
    if (wanted.empty()) {
        printDisturbance(rows, unclean);
    }
    return 0;
}
