// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QStringList>

#include <csignal>

namespace gantry::test {

/// A server program as its user starts it.
class DaemonProcess
{
public:
    explicit DaemonProcess(const QString& program, const QString& home)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("HOME", home); // where files go that nobody named
        m_process.setProcessEnvironment(environment);
        m_process.setProgram(QStringLiteral(GANTRY_BIN_DIR "/") + program);
    }
    ~DaemonProcess()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;

    /// Runs it to its end; the exit code, -1 if it did not end by itself.
    int run(const QStringList& arguments)
    {
        m_process.start(m_process.program(), arguments);
        return m_process.waitForFinished(kPatienceMs) ? exitCode() : -1;
    }
    /// Starts it and waits for its first line, which says that it is ready.
    QString start(const QStringList& arguments)
    {
        m_process.start(m_process.program(), arguments);
        while (!m_process.canReadLine() && m_process.waitForReadyRead(kPatienceMs)) {
        }
        return QString::fromUtf8(m_process.readLine()).trimmed();
    }
    int stop(int signal)
    {
        ::kill(pid_t(m_process.processId()), signal);
        return m_process.waitForFinished(kPatienceMs) ? exitCode() : -1;
    }
    /// Waits until standard error says so; what it said before counts, and is kept for errors().
    [[nodiscard]] bool waitForError(const QByteArray& text)
    {
        do {
            m_errors += m_process.readAllStandardError();
            if (m_errors.contains(text)) {
                return true;
            }
            m_process.setReadChannel(QProcess::StandardError);
        } while (m_process.waitForReadyRead(kPatienceMs));
        return false;
    }
    [[nodiscard]] qint64 pid() const { return m_process.processId(); }
    [[nodiscard]] QString errors()
    {
        m_errors += m_process.readAllStandardError();
        return QString::fromUtf8(m_errors);
    }
    [[nodiscard]] QString output() { return QString::fromUtf8(m_process.readAllStandardOutput()); }

private:
    static constexpr int kPatienceMs = 10'000;
    [[nodiscard]] int exitCode() const
    {
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }

    QProcess m_process;
    QByteArray m_errors;
};

} // namespace gantry::test
