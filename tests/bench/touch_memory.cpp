// SPDX-License-Identifier: GPL-3.0-or-later
// touch_memory [MIB_LEFT]: writes to each page of the memory that is available, but for MIB_LEFT (3072), and gives it back.
// In a virtual machine whose host takes free memory away the first touch of a page is the host's work; see compare.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kPage = 4096;

std::size_t availableMiB()
{
    std::ifstream file("/proc/meminfo");
    std::string name;
    std::size_t kib = 0;
    for (std::string unit; file >> name >> kib;) {
        if (name == "MemAvailable:") {
            return kib / 1024;
        }
        std::getline(file, unit);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    const std::size_t left = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 3072;
    const std::size_t available = availableMiB();
    std::vector<std::unique_ptr<std::byte[]>> held;
    for (std::size_t mib = left; mib < available; ++mib) {
        held.push_back(std::make_unique_for_overwrite<std::byte[]>(kMiB));
        for (std::size_t at = 0; at < kMiB; at += kPage) {
            static_cast<volatile std::byte*>(held.back().get())[at] = std::byte{1};
        }
    }
    std::printf("%zu MiB touched\n", held.size());
    return 0;
}
