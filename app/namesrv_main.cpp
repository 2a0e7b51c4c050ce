// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon.h"

#include "base/log.h"
#include "base/posix_file_system.h"
#include "namesrv/name_server.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>

namespace {

using namespace gantry;

constexpr std::string_view kProgram = "gantry-namesrv";

struct Options
{
    std::string configFile;
    std::optional<std::uint16_t> port;
    std::string logFile;
    bool printConfig = false;
};

Result<NameServerConfig> configure(const Options& options)
{
    NameServerConfig config;
    if (!options.configFile.empty()) {
        GANTRY_TRY(file, SettingsFile::read(options.configFile));
        std::vector<std::string> unknownKeys;
        auto read = NameServerConfig::fromProperties(file.table(), &unknownKeys);
        if (!read) {
            return tl::unexpected<Error>(file.locate(std::move(read.error())));
        }
        warnOfUnknownKeys(kProgram, file, unknownKeys);
        config = std::move(*read);
    }
    if (options.port) {
        config.port = *options.port;
    }
    if (config.kvConfigPath.empty()) {
        config.kvConfigPath = homeDirectory() / "namesrv" / "kvConfig.json";
    }
    return config;
}

int serve(const NameServerConfig& config, StopSignals& signals)
{
    IoRuntime runtime({});
    PosixFileSystem files;
    NameServer server(config, runtime, files, SystemClock::instance());
    if (auto started = server.start(); !started) {
        return reportStartFailure(kProgram, started.error());
    }
    fmt::print("{} ready on {}\n", kProgram, server.address());
    std::fflush(stdout);
    signals.wait();
    server.stop();
    runtime.stop();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    StopSignals signals;
    Options options;
    CLI::App app("A NameServer: brokers register with it, clients ask it for routes.",
                 std::string(kProgram));
    app.add_option(
        "-c,--config", options.configFile,
        "namesrv.conf with Apache's property names (listenPort, bindAddress, kvConfigPath, ...)");
    app.add_option("-p,--port", options.port,
                   "port to listen on, instead of listenPort; 0 = any free one");
    app.add_option("--log-file", options.logFile, "also write the log there");
    app.add_flag("--print-config", options.printConfig,
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
    return serve(*config, signals);
}
