// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "base/properties_file.h"

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// What the two server programs have in common.
namespace gantry {

/// Takes SIGTERM and SIGINT for a clean stop. Made before any thread starts, so that all of them
/// leave the signals to wait().
class StopSignals
{
public:
    StopSignals();
    /// Returns when one has come. From then on a second one ends the process at once.
    int wait();

private:
    sigset_t m_signals;
};

/// Raises the soft limit of open files to the hard one: a broker needs one per connection and per
/// store file.
void raiseOpenFileLimit();

/// A properties file with its text kept, to tell people lines.
class SettingsFile
{
public:
    [[nodiscard]] static Result<SettingsFile> read(const std::filesystem::path& path);
    [[nodiscard]] const PropertyTable& table() const { return m_table; }
    /// Puts "file:line: " in front of an error about "key=value" (just "file: " when no line has
    /// that key).
    [[nodiscard]] Error locate(Error error) const;
    /// "file:line" of a key.
    [[nodiscard]] std::string place(std::string_view key) const;

private:
    std::filesystem::path m_path;
    std::string m_text;
    PropertyTable m_table;
};

/// Writes "program: message" to standard error; returns the exit code of a start that failed.
int reportStartFailure(std::string_view program, const Error& error);
/// Warns of keys that mean nothing to us; their places help finding spelling mistakes.
void warnOfUnknownKeys(std::string_view program, const SettingsFile& file,
                       const std::vector<std::string>& keys);
/// Also writes the log to a file: 64 MiB, four older ones are kept.
[[nodiscard]] Result<> logToFile(const std::string& path);
[[nodiscard]] std::filesystem::path homeDirectory();

} // namespace gantry
