// SPDX-License-Identifier: GPL-3.0-or-later
#include "workbench_options.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRegularExpression>

#include <cstdio>

namespace {

std::nullopt_t mistake(const QString& text)
{
    std::fprintf(stderr, "gantry: %s\nTry 'gantry --help'.\n", qPrintable(text));
    return std::nullopt;
}

} // namespace

std::optional<WorkbenchOptions> parseWorkbenchOptions(const QCoreApplication& application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("A workbench for RocketMQ with a cluster inside: two NameServers and two "
                       "brokers on loopback."));
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    const QCommandLineOption data(QStringLiteral("data"),
                                  QStringLiteral("Where the cluster keeps its stores and tables."),
                                  QStringLiteral("DIR"));
    const QCommandLineOption tour(
        QStringLiteral("tour"),
        QStringLiteral(
            "Start cluster and demo, write a picture of every page to DIR, print a summary and "
            "exit. Uses free ports and, without --data, a temporary data directory."),
        QStringLiteral("DIR"));
    const QCommandLineOption theme(
        QStringLiteral("theme"), QStringLiteral("light, dark or system."), QStringLiteral("THEME"));
    const QCommandLineOption size(QStringLiteral("size"),
                                  QStringLiteral("Size of the window, e.g. 1280x800."),
                                  QStringLiteral("WxH"));
    const QCommandLineOption anyPorts(
        QStringLiteral("any-ports"),
        QStringLiteral("Take free ports instead of 9876, 9877, 10911 and 10921."));
    const QCommandLineOption startDemo(QStringLiteral("start-demo"),
                                       QStringLiteral("Start the demo shop with the cluster."));
    const QCommandLineOption report(
        QStringLiteral("report-startup"),
        QStringLiteral("Print how long the start took until the window showed the running cluster, "
                       "and the memory in use, then exit."));
    parser.addOptions({data, tour, theme, size, anyPorts, startDemo, report});
    if (!parser.parse(application.arguments())) {
        return mistake(parser.errorText());
    }
    if (parser.isSet(version)) {
        parser.showVersion();
    }
    if (parser.isSet(help)) {
        parser.showHelp();
    }
    if (!parser.positionalArguments().isEmpty()) {
        return mistake(
            QStringLiteral("'%1' is not an option").arg(parser.positionalArguments().first()));
    }
    WorkbenchOptions options;
    options.dataDirectory = parser.value(data);
    options.tourDirectory = parser.value(tour);
    options.anyPorts = parser.isSet(anyPorts);
    options.startDemo = parser.isSet(startDemo);
    options.reportStartup = parser.isSet(report);
    if (parser.isSet(data) && options.dataDirectory.isEmpty()) {
        return mistake(QStringLiteral("--data needs a directory"));
    }
    if (parser.isSet(tour) && options.tourDirectory.isEmpty()) {
        return mistake(QStringLiteral("--tour needs a directory"));
    }
    if (parser.isSet(theme)) {
        options.theme = gantry::ui::themeFromName(parser.value(theme));
        if (!options.theme) {
            return mistake(QStringLiteral("'%1' is not a theme: choose light, dark or system")
                               .arg(parser.value(theme)));
        }
    }
    if (parser.isSet(size)) {
        static const QRegularExpression form(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$"));
        const auto match = form.match(parser.value(size));
        if (!match.hasMatch()) {
            return mistake(
                QStringLiteral("'%1' is not a size: write width and height, e.g. 1280x800")
                    .arg(parser.value(size)));
        }
        options.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
    }
    return options;
}
