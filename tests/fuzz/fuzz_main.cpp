// SPDX-License-Identifier: GPL-3.0-or-later
// gantry-fuzz --list               names of all targets
// gantry-fuzz --seeds TARGET DIR   writes the target's well-formed inputs into the directory
// gantry-fuzz TARGET ...           libFuzzer on one target; the rest are its options, corpus directories or one input
#include "fuzz_targets.h"

#include "base/log.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace {

const gantry::fuzz::Target* chosen = nullptr;

const gantry::fuzz::Target& targetNamed(const char* name)
{
    static const auto all = gantry::fuzz::allTargets();
    for (const auto& target : all) {
        if (std::strcmp(target.name, name) == 0) {
            return target;
        }
    }
    std::fprintf(stderr, "gantry-fuzz: no target '%s'; --list names them\n", name);
    std::exit(2);
}

[[noreturn]] void list()
{
    for (const auto& target : gantry::fuzz::allTargets()) {
        std::puts(target.name);
    }
    std::exit(0);
}

[[noreturn]] void writeSeeds(const gantry::fuzz::Target& target, const std::string& directory)
{
    int number = 0;
    for (const std::string& seed : target.seeds()) {
        std::ofstream file(directory + "/seed-" + std::to_string(number++), std::ios::binary);
        file << seed;
        if (!file.flush()) {
            std::fprintf(stderr, "gantry-fuzz: cannot write into %s\n", directory.c_str());
            std::exit(2);
        }
    }
    std::exit(0);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments)
{
    char** words = *arguments;
    if (*count == 2 && std::strcmp(words[1], "--list") == 0) {
        list();
    }
    if (*count == 4 && std::strcmp(words[1], "--seeds") == 0) {
        writeSeeds(targetNamed(words[2]), words[3]);
    }
    if (*count < 2) {
        std::fprintf(stderr, "gantry-fuzz: name a target; --list names them\n");
        std::exit(2);
    }
    chosen = &targetNamed(words[1]);
    words[1] = words[0];
    ++*arguments;
    --*count;
    gantry::log::setLevel(gantry::log::Level::Off);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    chosen->run({reinterpret_cast<const char*>(data), size});
    return 0;
}
