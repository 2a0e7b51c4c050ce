// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon.h"

#include "base/bus_error.h"
#include "base/log.h"
#include "base/posix_file_system.h"
#include "broker/broker.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

using namespace gantry;

constexpr std::string_view kProgram = "gantry-broker";

struct Options
{
    std::string configFile;
    std::string nameServers;
    std::string logFile;
    bool printConfig = false;
};

/// The file's table with the command line's wishes in it; errors of values then all come from one
/// place.
Result<BrokerConfig> configure(const Options& options)
{
    PropertyTable table;
    SettingsFile file;
    if (!options.configFile.empty()) {
        GANTRY_TRY(read, SettingsFile::read(options.configFile));
        file = std::move(read);
        table = file.table();
    }
    if (!options.nameServers.empty()) {
        table["namesrvAddr"] = options.nameServers;
    }
    if (!table.contains("storePathRootDir")) {
        table["storePathRootDir"] = (homeDirectory() / "store").string();
    }
    std::vector<std::string> unknownKeys;
    auto config = BrokerConfig::fromProperties(table, &unknownKeys);
    if (!config) {
        return tl::unexpected<Error>(options.configFile.empty()
                                         ? std::move(config.error())
                                         : file.locate(std::move(config.error())));
    }
    warnOfUnknownKeys(kProgram, file, unknownKeys);
    return config;
}

int serve(const BrokerConfig& config, StopSignals& signals)
{
    IoRuntime runtime({});
    PosixFileSystem files;
    Broker broker(config, {files, SystemClock::instance(), runtime});
    if (auto started = broker.start(); !started) {
        return reportStartFailure(kProgram, started.error());
    }
    fmt::print("{} {} ready on {}\n", kProgram, config.brokerName, broker.address());
    std::fflush(stdout);
    signals.wait();
    broker.stop();
    runtime.stop();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    StopSignals signals;
    Options options;
    CLI::App app("A broker: stores messages and hands them to consumers.", std::string(kProgram));
    app.add_option(
        "-c,--config", options.configFile,
        "broker.conf with Apache's property names (brokerName, listenPort, storePathRootDir, ...)");
    app.add_option("-n,--namesrv", options.nameServers,
                   "NameServers host:port;host:port, instead of namesrvAddr");
    app.add_option("--log-file", options.logFile, "also write the log there");
    app.add_flag("-p,--print-config", options.printConfig,
                 "print the effective configuration and end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 1;
    }
    auto config = configure(options);
    if (!config) {
        return reportStartFailure(kProgram, config.error());
    }
    if (options.printConfig) {
        fmt::print("{}", formatProperties(config->toProperties()));
        return 0;
    }
    if (!options.logFile.empty()) {
        if (auto opened = logToFile(options.logFile); !opened) {
            return reportStartFailure(kProgram, opened.error());
        }
    }
    raiseOpenFileLimit();
    explainBusErrors();
    return serve(*config, signals);
}
