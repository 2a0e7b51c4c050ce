// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

/// A mapped page that cannot be read or written (a disk error, a file somebody else cut short, a full disk under a
/// sparse file) ends the process with SIGBUS and no word. With explainBusErrors() it says which file and where first.
namespace gantry {

/// Says that the range of memory is a mapping of the file, as long as it lives. Thread-safe; of a mapping beyond the
/// first 4096 at a time the name is not kept.
class NamedMapping
{
public:
    NamedMapping(const void* address, std::size_t size, std::string path);
    ~NamedMapping();
    NamedMapping(const NamedMapping&) = delete;
    NamedMapping& operator=(const NamedMapping&) = delete;

private:
    std::string m_path;
    std::size_t m_place;
};

/// For programs, at their start: on SIGBUS writes one line to standard error, then the process ends as it would have.
void explainBusErrors();

} // namespace gantry
