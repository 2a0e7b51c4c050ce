// SPDX-License-Identifier: GPL-3.0-or-later

// How many requests per second remoting carries over loopback, client and server in one process on
// one runtime each. Prints one line per shape; nothing is asserted. Usage: bench_remoting [seconds
// per shape] [body bytes] [connections depth]
#include "remoting/remoting_client.h"
#include "remoting/remoting_server.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace gantry;
using Steady = std::chrono::steady_clock;

namespace {

constexpr auto kEcho = RequestCode::SendMessageV2;

RemotingCommand makeRequest(std::size_t bodyBytes)
{
    // What a producer sends: a dozen short fields.
    auto request = RemotingCommand::request(kEcho);
    request.fields.reserve(13, 200);
    request.fields.add("a", "bench_producer_group");
    request.fields.add("b", "BenchTopic");
    request.fields.add("c", "TBW102");
    request.fields.add("d", "4");
    request.fields.add("e", "3");
    request.fields.add("f", "0");
    request.fields.add("g", "1722500000000");
    request.fields.add("h", "0");
    request.fields.add("i", "KEYS\x01k1\x02TAGS\x01tagA\x02WAIT\x01true\x02");
    request.fields.add("j", "0");
    request.fields.add("k", "false");
    request.fields.add("m", "false");
    request.fields.add("n", "broker-a");
    request.body.assign(bodyBytes, 'b');
    return request;
}

std::shared_ptr<const Dispatcher> makeDispatcher()
{
    auto dispatcher = std::make_shared<Dispatcher>();
    dispatcher->add(kEcho, [](const ConnectionPtr&, RemotingCommand, Responder responder) {
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.fields.add("msgId", "7F0000010000222D00000000000A1B2C");
        response.fields.add("queueId", "3");
        response.fields.add("queueOffset", "123456789");
        response.fields.add("MSG_REGION", "DefaultRegion");
        response.fields.add("TRACE_ON", "true");
        responder.reply(std::move(response));
    });
    return dispatcher;
}

double cpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// One connection that always has `depth` requests under way: each answer sends the next.
struct Lane
{
    std::unique_ptr<RemotingClient> client;
    std::string address;
    std::size_t bodyBytes = 0;
    std::atomic<bool>* isOver = nullptr;
    std::atomic<int>* running = nullptr;
    std::atomic<std::uint64_t>* failed = nullptr;
    std::uint64_t answered = 0; // the connection's loop alone
    std::vector<std::uint32_t> latenciesUs;

    void sendOne()
    {
        const auto start = Steady::now();
        client->invokeAsync(
            address, makeRequest(bodyBytes), std::chrono::seconds(10),
            [this, start](Result<RemotingCommand> result) {
                if (!result || result->code != 0) {
                    ++*failed;
                }
                ++answered;
                if (answered % 16 == 0 && latenciesUs.size() < latenciesUs.capacity()) {
                    latenciesUs.push_back(static_cast<std::uint32_t>(
                        std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start)
                            .count()));
                }
                if (*isOver) {
                    --*running;
                } else {
                    sendOne();
                }
            });
    }
};

void run(std::size_t connections, int depth, double seconds, std::size_t bodyBytes)
{
    IoRuntime serverRuntime(IoRuntime::Options{1, 1, 10});
    IoRuntime clientRuntime(IoRuntime::Options{1, 1, 10});
    RemotingServer server(serverRuntime, {}, makeDispatcher());
    if (const auto started = server.start(); !started) {
        fmt::print("{}\n", started.error().message);
        std::exit(1);
    }
    std::atomic<bool> isOver = false;
    std::atomic<int> running = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::vector<std::unique_ptr<Lane>> lanes;
    for (std::size_t i = 0; i < connections; ++i) {
        auto lane = std::make_unique<Lane>();
        lane->client = std::make_unique<RemotingClient>(clientRuntime, RemotingClient::Options{});
        lane->address = fmt::format("127.0.0.1:{}", server.port());
        lane->bodyBytes = bodyBytes;
        lane->isOver = &isOver;
        lane->running = &running;
        lane->failed = &failed;
        lane->latenciesUs.reserve(200'000);
        lanes.push_back(std::move(lane));
    }
    const auto start = Steady::now();
    const auto cpuBefore = cpuSeconds();
    for (auto& lane : lanes) {
        for (int i = 0; i < depth; ++i) {
            ++running;
            lane->sendOne();
        }
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    isOver = true;
    while (running > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::chrono::duration<double> took = Steady::now() - start;
    const auto cpu = cpuSeconds() - cpuBefore;
    std::uint64_t answered = 0;
    std::vector<std::uint32_t> latencies;
    for (const auto& lane : lanes) {
        answered += lane->answered;
        latencies.insert(latencies.end(), lane->latenciesUs.begin(), lane->latenciesUs.end());
    }
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double share) {
        return latencies.empty() ? 0U
                                 : latencies[static_cast<std::size_t>(
                                       share * static_cast<double>(latencies.size() - 1))];
    };
    fmt::print("{:>3} x {:<3}  {:>9.0f} req/s  {:>6.2f} us CPU/req (both sides)  P50 {:>5} us  P99 "
               "{:>5} us  P99.9 {:>5} us  failed {}\n",
               connections, depth, static_cast<double>(answered) / took.count(),
               cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(answered, 1)), at(0.5),
               at(0.99), at(0.999), failed.load());
    std::fflush(stdout);
    for (auto& lane : lanes) {
        lane->client->stop();
    }
}

} // namespace

int main(int argc, char** argv)
{
    const double seconds = argc > 1 ? std::atof(argv[1]) : 3.0;
    const auto bodyBytes = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 1024);
    fmt::print("remoting over loopback, SEND_MESSAGE_V2-like requests with {} byte bodies, one "
               "loop per side\n",
               bodyBytes);
    if (argc > 4) {
        run(static_cast<std::size_t>(std::atoi(argv[3])), std::atoi(argv[4]), seconds, bodyBytes);
        return 0;
    }
    for (const auto& [connections, depth] :
         std::array<std::pair<std::size_t, int>, 4>{{{16, 32}, {64, 1}, {1, 32}, {1, 1}}}) {
        run(connections, depth, seconds, bodyBytes);
    }
    return 0;
}
