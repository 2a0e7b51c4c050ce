// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_connection.h"
#include "bench_report.h"
#include "blocking_peer.h"
#include "pull_load.h"
#include "stretch.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <thread>

namespace {

using namespace gantry;
using namespace gantry::bench;

/// The broker shows a message to readers a moment after it acknowledged it.
Result<> waitForEnds(const Options& options, const MessageLedger::Counts& counts)
{
    GANTRY_TRY(peer, BlockingPeer::open(options.broker));
    const auto until = nowNs() + 60'000'000'000;
    while (true) {
        std::int64_t total = 0;
        for (int q = 0; q < options.queues; ++q) {
            GANTRY_TRY(end, endOfQueue(peer, options.topic, q));
            total += end;
        }
        if (total >= static_cast<std::int64_t>(counts.acknowledged)) {
            return {};
        }
        if (nowNs() > until) {
            return fail(Errc::Timeout, "the queues hold {} messages a minute after {} were acknowledged", total, counts.acknowledged);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

Result<Report> sendMode(const Options& options)
{
    {
        GANTRY_TRY(peer, BlockingPeer::open(options.broker));
        GANTRY_CHECK(createTopic(peer, options.topic, options.queues));
        GANTRY_TRY(end, endOfQueue(peer, options.topic, 0));
        if (options.readsBack && end > 0) {
            return fail(Errc::AlreadyExists, "the topic {} holds messages already; choose another --topic or --no-read-back",
                        options.topic);
        }
    }
    MessageLedger ledger;
    GANTRY_TRY(measured, runSendLoad(options, ledger));
    Report report{"send", options, std::move(measured), {}, ledger.counts().acknowledged};
    if (options.readsBack) {
        GANTRY_CHECK(waitForEnds(options, ledger.counts()));
        Options reading = options;
        reading.pid = 0;
        reading.pullMessages = 32;
        GANTRY_TRY(read, runPullLoad(reading, &ledger));
        (void)read;
        report.counts = ledger.finish();
    }
    return report;
}

Result<Report> pullMode(const Options& options)
{
    GANTRY_TRY(measured, runPullLoad(options, nullptr));
    return Report{"pull", options, std::move(measured), {}, 0};
}

Result<Report> watchMode(const Options& options)
{
    Stretch stretch(options.pid);
    GANTRY_CHECK(stretch.begin());
    std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
    GANTRY_CHECK(stretch.end());
    Report report{"watch", options, {}, {}, 0};
    stretch.into(report.measured);
    return report;
}

/// Asks every 2 ms until the broker answers; prints when that was, ns since 1970.
int awaitMode(const Options& options)
{
    const auto until = nowNs() + static_cast<std::int64_t>(options.seconds * 1e9);
    while (nowNs() < until) {
        auto peer = BlockingPeer::open(options.broker);
        if (peer && peer->ask(RemotingCommand::request(RequestCode::GetBrokerRuntimeInfo))) {
            const auto wall = std::chrono::system_clock::now().time_since_epoch();
            fmt::print("{}\n", std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count());
            return 0;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    fmt::print(stderr, "gantry-bench: {} did not answer within {} s\n", options.broker, options.seconds);
    return 1;
}

int finish(const Result<Report>& report, const Options& options)
{
    if (!report) {
        fmt::print(stderr, "gantry-bench: {}\n", report.error().message);
        return 1;
    }
    fmt::print("{}", report->text());
    if (!options.jsonFile.empty()) {
        std::ofstream file(options.jsonFile, std::ios::app);
        file << report->json() << '\n';
        if (!file.flush()) {
            fmt::print(stderr, "gantry-bench: {} cannot be written\n", options.jsonFile);
            return 1;
        }
    }
    return report->isClean() ? 0 : 2;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app("Loads a RocketMQ broker and says what it did. Exit: 0 clean, 1 could not run, 2 errors or wrong messages.",
                 "gantry-bench");
    app.require_subcommand(1);
    app.add_option("-b,--broker", options.broker, "address of the broker")->capture_default_str();
    app.add_option("-t,--topic", options.topic, "created if it is missing")->capture_default_str();
    app.add_option("-q,--queues", options.queues, "queues of the topic")->check(CLI::Range(1, 60'000))->capture_default_str();
    app.add_option("-c,--connections", options.connections, "")->check(CLI::Range(1, 10'000))->capture_default_str();
    app.add_option("-s,--seconds", options.seconds, "measured time")->check(CLI::Range(0.1, 86'400.0))->capture_default_str();
    app.add_option("--pid", options.pid, "of the broker: its CPU, memory and written bytes are reported");
    app.add_option("--label", options.label, "goes into the report");
    app.add_option("--json", options.jsonFile, "append the report there as one line of JSON");
    const std::map<std::string, HeaderEncoding> encodings{{"json", HeaderEncoding::Json}, {"binary", HeaderEncoding::Binary}};
    app.add_option("--header", options.encoding, "json or binary (ROCKETMQ)")->transform(CLI::CheckedTransformer(encodings));
    app.fallthrough();

    auto* send = app.add_subcommand("send", "send, then read every message back");
    send->add_option("-d,--depth", options.depth, "requests under way per connection (closed loop)")
        ->check(CLI::Range(1, 4096))->capture_default_str();
    send->add_option("-r,--rate", options.rate,
                     "messages per second of an open loop; latencies then count from the intended time of sending");
    send->add_option("-w,--warm-up", options.warmUpSeconds, "seconds of the same load before measuring")->capture_default_str();
    send->add_option("--size", options.bodyBytes, "bytes of a body")->check(CLI::Range(16, 4'000'000))->capture_default_str();
    send->add_option("--batch", options.batch, "messages per request")->check(CLI::Range(1, 1000))->capture_default_str();
    send->add_flag("--keys", options.hasKeys, "a unique key for each message");
    send->add_flag("!--no-read-back", options.readsBack, "do not read the messages back");
    auto* pull = app.add_subcommand("pull", "read a topic from its beginning to its end");
    pull->add_option("--messages", options.pullMessages, "asked for per pull")->check(CLI::Range(1, 1024))->capture_default_str();
    auto* watch = app.add_subcommand("watch", "only look at the process of the broker (--pid)");
    auto* await = app.add_subcommand("await", "wait up to --seconds until the broker answers; prints when, ns since 1970");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 1;
    }
    if (watch->parsed() && options.pid == 0) {
        fmt::print(stderr, "gantry-bench: watch needs --pid\n");
        return 1;
    }
    if (await->parsed()) {
        return awaitMode(options);
    }
    return finish(send->parsed() ? sendMode(options) : pull->parsed() ? pullMode(options) : watchMode(options), options);
}
