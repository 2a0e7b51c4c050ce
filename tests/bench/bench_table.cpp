// SPDX-License-Identifier: GPL-3.0-or-later

// bench_table FILE: turns the lines that tests/bench/compare collected (label "row/side/pair") into a Markdown table:
// medians and ranges of both brokers, the ratio of the medians, how many pairs agree with the target, a sign test.
#include "base/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace gantry;

/// What is asked of one figure of one row.
struct Target
{
    const char* row;
    const char* key;    ///< in the JSON lines
    const char* title;
    bool isRatio;       ///< of Gantry to Apache; else Gantry's own figure counts
    bool isAtLeast;     ///< else at most
    double limit;
};

constexpr Target kTargets[] = {
    {"sync-1x1", "tps", "sync flush 1 x 1, msg/s", true, true, 3},
    {"sync-64x1", "tps", "sync flush 64 x 1, msg/s", true, true, 2},
    {"sync-16x32", "tps", "sync flush 16 x 32, msg/s", true, true, 6},
    {"async-1x1", "tps", "async 1 x 1, msg/s", true, true, 1.7},
    {"async-64x1", "tps", "async 64 x 1, msg/s", true, true, 2.5},
    {"async-16x32", "tps", "async 16 x 32 JSON, msg/s", true, true, 7},
    {"async-16x32-binary", "tps", "async 16 x 32 binary, msg/s", true, true, 10},
    {"async-batch", "tps", "async batches of 32, msg/s", true, true, 5},
    {"open-20k", "p50", "open loop 20,000/s P50, us", true, false, 0.1},
    {"open-20k", "p99", "open loop 20,000/s P99, us", true, false, 0.1},
    {"open-20k", "p999", "open loop 20,000/s P99.9, us", true, false, 0.2},
    {"async-16x32", "cpu_us", "broker CPU at async 16 x 32, us/msg", true, false, 1.0 / 7},
    {"sync-16x32", "cpu_us", "broker CPU at sync 16 x 32, us/msg", true, false, 1.0 / 7},
    {"catch-up-warm", "mbps", "catch-up warm, MB/s", true, true, 2},
    {"catch-up-cold", "mbps", "catch-up cold, MB/s", true, true, 4},
    {"boot", "start_ms", "start on an empty store, ms", false, false, 70},
    {"idle", "anon_mib", "anonymous memory at boot, MiB", false, false, 24},
    {"async-16x32", "anon_mib", "anonymous memory under load, MiB", false, false, 128},
    {"idle", "cores", "idle, cores", false, false, 0.005},
    {"idle", "threads", "threads", false, false, 12},
    {"recovery-warm", "ms_per_gib", "start after a kill, warm, ms per GiB of log", true, false, 1.0 / 8},
    {"recovery-cold", "ms_per_gib", "start after a kill, cold, ms per GiB of log", true, false, 1.0 / 3},
};

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
    const auto* sign = target.isAtLeast ? "≥" : "≤";
    if (target.isRatio && target.limit < 1) {
        return fmt::format("{} 1/{:.0f}", sign, 1 / target.limit);
    }
    return fmt::format("{} {:g}", sign, target.limit);
}

void printRow(const Target& target, const Row& row)
{
    const auto gantry = figures(row.gantry, target.key);
    const auto apache = figures(row.apache, target.key);
    if (gantry.empty() || (target.isRatio && apache.empty())) {
        fmt::print("| {} | – | – | – | – | – | {} | not measured |\n", target.title, limitText(target));
        return;
    }
    int pairs = 0;
    int agreeing = 0;
    int better = 0;
    for (const auto& [pair, line] : row.gantry) {
        const auto other = row.apache.find(pair);
        if (!line.contains(target.key) || other == row.apache.end() || !other->second.contains(target.key)) {
            continue;
        }
        const double ours = line[target.key].get<double>();
        const double theirs = other->second[target.key].get<double>();
        ++pairs;
        better += (target.isAtLeast ? ours > theirs : ours < theirs) ? 1 : 0;
        agreeing += meets(target, target.isRatio ? ours / theirs : ours) ? 1 : 0;
    }
    const double ratio = apache.empty() ? 0 : median(gantry) / median(apache);
    const double judged = target.isRatio ? ratio : median(gantry);
    const auto ratioText = apache.empty() || ratio == 0 ? std::string("–")
                           : ratio >= 0.5              ? fmt::format("{:.2f}", ratio)
                                                       : fmt::format("1/{:.1f}", 1 / ratio);
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", target.title, spread(gantry), spread(apache), ratioText,
               pairs == 0 ? std::string("–") : fmt::format("{} of {}", agreeing, pairs),
               pairs == 0 ? std::string("–") : fmt::format("{:.3f}", signTest(better, pairs)), limitText(target),
               meets(target, judged) ? "met" : "**missed**");
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        fmt::print(stderr, "usage: bench_table RESULTS.jsonl\n");
        return 1;
    }
    std::ifstream file(argv[1]);
    if (!file) {
        fmt::print(stderr, "bench_table: {} cannot be read\n", argv[1]);
        return 1;
    }
    int unclean = 0;
    const auto rows = readRows(file, unclean);
    std::vector<double> foreign;
    std::vector<double> stolen;
    for (const auto& [name, row] : rows) {
        for (const auto* side : {&row.gantry, &row.apache}) {
            for (const double value : figures(*side, "foreign")) {
                foreign.push_back(value);
            }
            for (const double value : figures(*side, "stolen")) {
                stolen.push_back(value);
            }
        }
    }
    std::sort(foreign.begin(), foreign.end());
    std::sort(stolen.begin(), stolen.end());
    fmt::print("| | Gantry: median (range) | Apache: median (range) | ratio | pairs meeting the target | sign test p | target | |\n");
    fmt::print("|---|---|---|---|---|---|---|---|\n");
    for (const auto& target : kTargets) {
        const auto row = rows.find(target.row);
        printRow(target, row == rows.end() ? Row{} : row->second);
    }
    if (!foreign.empty()) {
        fmt::print("\nOther processes used {:.2f} cores in the median ({:.2f} at most), the host took {:.2f} ({:.2f}). "
                   "{} runs were not clean.\n",
                   median(foreign), foreign.back(), median(stolen), stolen.back(), unclean);
    }
    return 0;
}
