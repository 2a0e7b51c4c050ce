// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_probe.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gantry::bench {

namespace {

constexpr std::int64_t kKiB = 1024;

std::string textOf(const std::string& path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The number behind "name:" at the start of a line.
std::int64_t field(const std::string& text, const std::string& name)
{
    const auto at = text.find("\n" + name + ":");
    if (at == std::string::npos) {
        return 0;
    }
    return std::strtoll(text.c_str() + at + name.size() + 2, nullptr, 10);
}

double perTick()
{
    return 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

Result<ProcessSample> sampleProcess(int pid)
{
    const auto folder = "/proc/" + std::to_string(pid) + "/";
    const auto stat = textOf(folder + "stat");
    const auto nameEnd = stat.rfind(')');
    if (nameEnd == std::string::npos) {
        return fail(Errc::NotFound, "there is no process {}", pid);
    }
    // After the name: state, then numbers; utime and stime are fields 14 and 15 of the line, so 12 and 13 of these.
    std::istringstream words(stat.substr(nameEnd + 1));
    std::string word;
    double ticks = 0;
    for (int i = 1; words >> word; ++i) {
        if (i == 12 || i == 13) {
            ticks += std::stod(word);
        }
    }
    ProcessSample sample;
    sample.cpuSeconds = ticks * perTick();
    const auto status = "\n" + textOf(folder + "status");
    sample.anonymousBytes = field(status, "RssAnon") * kKiB;
    sample.fileBytes = field(status, "RssFile") * kKiB;
    sample.threads = static_cast<int>(field(status, "Threads"));
    sample.writtenBytes = field("\n" + textOf(folder + "io"), "write_bytes");
    std::error_code ignored;
    for (auto entry = std::filesystem::directory_iterator(folder + "fd", ignored);
         entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
        ++sample.descriptors;
    }
    return sample;
}

MachineSample sampleMachine()
{
    std::istringstream words(textOf("/proc/stat"));
    std::string cpu;
    double user = 0;
    double nice = 0;
    double system = 0;
    double idle = 0;
    double wait = 0;
    double irq = 0;
    double softIrq = 0;
    double steal = 0;
    words >> cpu >> user >> nice >> system >> idle >> wait >> irq >> softIrq >> steal;
    return {(user + nice + system + irq + softIrq) * perTick(), steal * perTick()};
}

double ownCpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace gantry::bench
