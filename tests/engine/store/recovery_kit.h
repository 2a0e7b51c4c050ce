// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/store/store_test_kit.h"
#include "support/store_checker.h"

namespace gantry::test {

inline std::filesystem::path logPath(std::int64_t offset)
{
    return kRoot / "commitlog" / QString("%1").arg(offset, 20, 10, QChar('0')).toStdString();
}

inline QString problemsOf(MemoryFileSystem& files, int holesAllowed = 0)
{
    StoreChecker checker(files, kRoot);
    checker.read();
    QStringList problems;
    for (const std::string& problem : checker.problems(holesAllowed)) {
        problems.append(QString::fromStdString(problem));
    }
    return problems.join('\n');
}

/// The offset behind the last record.
inline std::int64_t putMany(StoreFixture& f, int count, std::vector<std::string>* sent = nullptr, std::size_t length = 700)
{
    std::int64_t end = 0;
    for (int i = 0; i < count; ++i) {
        const std::string body = std::to_string(f.store->maxOffset("t", 0)) + "/" + std::to_string(i) + std::string(length, '.');
        const PutResult put = f.put("t", 0, body, keyProperty("k" + std::to_string(i)));
        end = put.status == PutStatus::Ok ? put.commitLogOffset + put.size : -1;
        if (sent) {
            sent->push_back(body);
        }
    }
    return end;
}

} // namespace gantry::test
