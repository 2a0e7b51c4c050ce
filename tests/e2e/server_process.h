// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QElapsedTimer>
#include <QProcess>
#include <QString>
#include <QtDebug>

#include <string>

namespace gantry::test {

/// Runs the real server program.
class ServerProcess
{
public:
    explicit ServerProcess(const QString& configFile)
        : m_configFile(configFile)
    {}
    ~ServerProcess()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    /// Does not wait until it is ready.
    void launch()
    {
        m_output.clear();
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(QStringLiteral(GANTRY_BIN_DIR "/gantry-broker"), {QStringLiteral("-c"), m_configFile});
    }
    /// The address it is ready on, empty on failure.
    std::string start()
    {
        launch();
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < 30'000 && m_process.state() != QProcess::NotRunning) {
            m_process.waitForReadyRead(20);
            m_output += m_process.readAll();
            const auto at = m_output.lastIndexOf("ready on ");
            const auto end = at < 0 ? -1 : m_output.indexOf('\n', at);
            if (end > 0) {
                const auto address = m_output.mid(at + 9, end - at - 9).trimmed().toStdString();
                m_output.clear();
                return address;
            }
        }
        qWarning() << "the broker did not start:" << m_output;
        return {};
    }
    void killHard()
    {
        m_process.kill(); // SIGKILL
        m_process.waitForFinished();
    }
    bool stopCleanly()
    {
        m_process.terminate();
        return m_process.waitForFinished(20'000) && m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0;
    }

private:
    QString m_configFile;
    QProcess m_process;
    QByteArray m_output;
};

} // namespace gantry::test
