// SPDX-License-Identifier: Apache-2.0
#include "dedup/sqlite_handle.h"

#include <sqlite3.h>

namespace gantry {

void SqliteConnection::Closer::operator()(sqlite3* handle) const
{
    sqlite3_close_v2(handle);
}

Result<SqliteConnection> SqliteConnection::open(const std::filesystem::path& path, bool readOnly)
{
    sqlite3* handle = nullptr;
    const int flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int status = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
    SqliteConnection connection;
    connection.m_handle.reset(handle);
    if (status != SQLITE_OK) {
        return fail(Errc::Io, "cannot open {}: {}", path.string(), handle != nullptr ? sqlite3_errmsg(handle) : "out of memory");
    }
    constexpr int kBusyTimeoutMs = 5000;
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    return connection;
}

Result<> SqliteConnection::execute(const std::string& sql) const
{
    if (sqlite3_exec(m_handle.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return lastError(sql);
    }
    return {};
}

Result<std::int64_t> SqliteConnection::queryInteger(const std::string& sql) const
{
    GANTRY_TRY(statement, SqliteStatement::prepare(*this, sql));
    GANTRY_TRY(hasRow, statement.step(*this));
    return hasRow ? statement.integer(0) : 0;
}

int SqliteConnection::changes() const
{
    return sqlite3_changes(m_handle.get());
}

tl::unexpected<Error> SqliteConnection::lastError(std::string_view what) const
{
    switch (sqlite3_errcode(m_handle.get()) & 0xFF) {
    case SQLITE_FULL: return fail(Errc::DiskFull, "the disk is full ({})", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail(Errc::Busy, "the database is locked by another process ({})", what);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return fail(Errc::Corruption, "{} ({})", sqlite3_errmsg(m_handle.get()), what);
    default: return fail(Errc::Io, "{} ({})", sqlite3_errmsg(m_handle.get()), what);
    }
}

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

Result<SqliteStatement> SqliteStatement::prepare(const SqliteConnection& connection, std::string_view sql)
{
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(&connection.handle(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) {
        return connection.lastError(sql);
    }
    SqliteStatement statement;
    statement.m_statement.reset(raw);
    return statement;
}

SqliteStatement& SqliteStatement::bind(int position, std::int64_t value)
{
    sqlite3_bind_int64(m_statement.get(), position, value);
    return *this;
}

SqliteStatement& SqliteStatement::bind(int position, std::string_view value)
{
    // A null destructor is SQLITE_STATIC: the caller keeps the text until reset().
    sqlite3_bind_text(m_statement.get(), position, value.data(), static_cast<int>(value.size()), nullptr);
    return *this;
}

Result<bool> SqliteStatement::step(const SqliteConnection& connection)
{
    switch (sqlite3_step(m_statement.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return connection.lastError(sqlite3_sql(m_statement.get()));
    }
}

Result<> SqliteStatement::run(const SqliteConnection& connection)
{
    auto stepped = step(connection);
    reset();
    if (!stepped) {
        return tl::unexpected<Error>(std::move(stepped.error()));
    }
    return {};
}

void SqliteStatement::reset()
{
    sqlite3_reset(m_statement.get());
    sqlite3_clear_bindings(m_statement.get());
}

std::int64_t SqliteStatement::integer(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

std::string SqliteStatement::text(int column) const
{
    const auto* bytes = sqlite3_column_text(m_statement.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column));
    return bytes == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(bytes), size);
}

} // namespace gantry
