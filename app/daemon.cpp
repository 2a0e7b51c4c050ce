// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon.h"

#include "base/log.h"
#include "base/posix_file_system.h"
#include "base/units.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace gantry {

namespace {

constexpr std::uint64_t kConfigBytesMax = 1 * kMiB;

/// The last line that sets the key (later ones win), 0 if none does. Continuation lines count as
/// lines.
std::size_t lineOf(std::string_view text, std::string_view key)
{
    std::size_t line = 0;
    std::size_t found = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view row = text.substr(at, end - at);
        at = end + 1;
        ++line;
        const std::size_t start = row.find_first_not_of(" \t\f");
        row = start == std::string_view::npos ? std::string_view{} : row.substr(start);
        if (row.starts_with(key) &&
            (row.size() == key.size() ||
             std::string_view("=: \t\f\r").find(row[key.size()]) != std::string_view::npos)) {
            found = line;
        }
    }
    return found;
}

} // namespace

StopSignals::StopSignals()
{
    sigemptyset(&m_signals);
    sigaddset(&m_signals, SIGTERM);
    sigaddset(&m_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
    // A reader of our output that goes away must not take the server with it.
    std::signal(SIGPIPE, SIG_IGN);
}

int StopSignals::wait()
{
    int received = 0;
    while (sigwait(&m_signals, &received) != 0) {
    }
    pthread_sigmask(SIG_UNBLOCK, &m_signals, nullptr);
    return received;
}

void raiseOpenFileLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            log::warning("daemon", "the limit of open files could not be raised");
        }
    }
}

Result<SettingsFile> SettingsFile::read(const std::filesystem::path& path)
{
    SettingsFile file;
    file.m_path = path;
    PosixFileSystem files;
    auto text = readWholeFile(files, path, kConfigBytesMax);
    if (!text) {
        return failWith(std::move(text.error()), "the configuration file cannot be read");
    }
    file.m_text = std::move(*text);
    auto table = parseProperties(file.m_text);
    if (!table) {
        return failWith(std::move(table.error()), path.string());
    }
    file.m_table = std::move(*table);
    return file;
}

std::string SettingsFile::place(std::string_view key) const
{
    const std::size_t line = lineOf(m_text, key);
    return line == 0 ? m_path.string() : fmt::format("{}:{}", m_path.string(), line);
}

Error SettingsFile::locate(Error error) const
{
    const std::string_view message = error.message;
    const std::string key(message.substr(0, message.find('=')));
    return failWith(std::move(error), place(key)).value();
}

int reportStartFailure(std::string_view program, const Error& error)
{
    std::fflush(stdout);
    fmt::print(stderr, "{}: {}\n", program, error.message);
    return 1;
}

void warnOfUnknownKeys(std::string_view program, const SettingsFile& file,
                       const std::vector<std::string>& keys)
{
    for (const std::string& key : keys) {
        log::warning(program, "{}: '{}' means nothing to this program and is ignored",
                     file.place(key), key);
    }
}

Result<> logToFile(const std::string& path)
{
    // Opened once here, because a log that cannot be written must be known before the start.
    std::FILE* probe = std::fopen(path.c_str(), "ab");
    if (probe == nullptr) {
        return failErrno(errno, fmt::format("the log file {} cannot be written", path));
    }
    std::fclose(probe);
    log::addRotatingFile(path, 64 * kMiB, 4);
    return {};
}

std::filesystem::path homeDirectory()
{
    const char* home = std::getenv("HOME");
    return home == nullptr || *home == '\0' ? std::filesystem::path("/tmp")
                                            : std::filesystem::path(home);
}

} // namespace gantry
