// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace gantry {

/// One SQLite connection. Not thread-safe; the owner serialises.
class SqliteConnection
{
public:
    [[nodiscard]] static Result<SqliteConnection> open(const std::filesystem::path& path, bool readOnly);
    [[nodiscard]] sqlite3& handle() const { return *m_handle; }
    [[nodiscard]] Result<> execute(const std::string& sql) const;
    [[nodiscard]] Result<std::int64_t> queryInteger(const std::string& sql) const;
    [[nodiscard]] int changes() const;
    /// The connection's last error as ours; \c what says what was being done.
    [[nodiscard]] tl::unexpected<Error> lastError(std::string_view what) const;

private:
    struct Closer
    {
        void operator()(sqlite3* handle) const;
    };
    std::unique_ptr<sqlite3, Closer> m_handle;
};

/// One prepared statement; positions count from 1 for parameters, from 0 for columns.
class SqliteStatement
{
public:
    [[nodiscard]] static Result<SqliteStatement> prepare(const SqliteConnection& connection, std::string_view sql);
    SqliteStatement& bind(int position, std::int64_t value);
    SqliteStatement& bind(int position, std::string_view value); ///< must live until reset()
    /// True: a row is there. False: done.
    [[nodiscard]] Result<bool> step(const SqliteConnection& connection);
    /// Runs to the end and resets, for statements without rows.
    [[nodiscard]] Result<> run(const SqliteConnection& connection);
    void reset();
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;

private:
    struct Finalizer
    {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalizer> m_statement;
};

} // namespace gantry
