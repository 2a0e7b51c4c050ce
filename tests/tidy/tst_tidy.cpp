// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct SourceFile
{
    std::string path; ///< from the root of the tree, e.g. "engine/base/hex.h"
    std::vector<std::string> lines;

    [[nodiscard]] bool isHeader() const { return path.ends_with(".h"); }
    [[nodiscard]] bool isBuildFile() const { return path.ends_with("CMakeLists.txt"); }
    [[nodiscard]] bool isCode() const { return !isBuildFile(); }
    [[nodiscard]] bool isUnder(std::string_view folder) const { return path.starts_with(folder); }
};

/// Who may include whom inside engine/; app and tests may include everything, ui what kUiMayUse says.
const std::map<std::string, std::set<std::string>> kEngineMayUse{
    {"base", {}},
    {"message", {"base"}},
    {"filter", {"base", "message"}},
    {"protocol", {"base", "message"}},
    {"remoting", {"base", "message", "protocol"}},
    {"store", {"base", "message", "filter"}},
    {"dedup", {"base", "message"}},
    {"client", {"base", "message", "protocol", "remoting"}},
    {"namesrv", {"base", "message", "protocol", "remoting"}},
    {"broker", {"base", "message", "filter", "protocol", "remoting", "store"}},
    {"runtime",
     {"base", "message", "filter", "protocol", "remoting", "store", "dedup", "client", "namesrv", "broker"}},
};
const std::set<std::string> kUiMayUse{"base", "message", "runtime"};

constexpr std::size_t kFileLinesMax = 800;
/// The style says 100; this bound only stops what nobody can read side by side.
constexpr std::size_t kLineColumnsMax = 160;

std::vector<std::string> readLines(const fs::path& path)
{
    std::ifstream input(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(input, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::vector<SourceFile> readTree()
{
    const fs::path root(GANTRY_SOURCE_DIR);
    std::vector<SourceFile> files;
    for (const char* folder : {"engine", "ui", "app", "tests"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const fs::path& path = entry.path();
            const bool wanted = path.extension() == ".h" || path.extension() == ".cpp" || path.filename() == "CMakeLists.txt";
            if (entry.is_regular_file() && wanted) {
                files.push_back({fs::relative(path, root).generic_string(), readLines(path)});
            }
        }
    }
    std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

std::string part(const std::string& path, std::size_t index)
{
    std::istringstream stream(path);
    std::string name;
    for (std::size_t i = 0; i <= index; ++i) {
        if (!std::getline(stream, name, '/')) {
            return {};
        }
    }
    return name;
}

/// What a line includes: the path between quotes or angle brackets.
std::optional<std::string> includedBy(const std::string& line)
{
    static const std::regex form(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
    std::smatch match;
    return std::regex_search(line, match, form) ? std::optional(match[1].str()) : std::nullopt;
}

std::size_t columnsOf(const std::string& line)
{
    return static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string withoutComment(const std::string& line)
{
    return line.substr(0, line.find("//"));
}

/// The complaints of one rule about the whole tree; a test fails with all of them at once.
class Complaints
{
public:
    void add(const SourceFile& file, std::size_t lineIndex, const std::string& text)
    {
        m_text += "\n  " + file.path + ":" + std::to_string(lineIndex + 1) + ": " + text;
    }
    [[nodiscard]] bool empty() const { return m_text.empty(); }
    [[nodiscard]] const char* text() const { return m_text.c_str(); }

private:
    std::string m_text;
};

} // namespace

class TestTidy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void includesPointDownwards();
    void engineKnowsNoQt();
    void filesNameTheirLicence();
    void headersAreGuarded();
    void filesAndLinesAreShort();
    void headersOpenNoNamespaces();
    void buildFilesListEveryFile();
    void awaitedExpressionsAreNamed();
    void nothingIsLeftToDo();

private:
    std::vector<SourceFile> m_files;
};

void TestTidy::initTestCase()
{
    m_files = readTree();
    QVERIFY(m_files.size() > 100);
}

void TestTidy::includesPointDownwards()
{
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        const std::string top = part(file.path, 0);
        const std::string folder = part(file.path, 1);
        if (!file.isCode() || (top != "engine" && top != "ui")) {
            continue;
        }
        if (top == "engine" && !kEngineMayUse.contains(folder)) {
            complaints.add(file, 0, "the folder is not in the table of who may include whom");
            continue;
        }
        const std::set<std::string>& allowed = top == "engine" ? kEngineMayUse.at(folder) : kUiMayUse;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto included = includedBy(file.lines[i]);
            const std::string target = included ? part(*included, 0) : std::string();
            const bool upwards = top == "engine" && (target == "ui" || target == "app" || target == "tests");
            const bool sideways = kEngineMayUse.contains(target) && !allowed.contains(target) && (top == "ui" || target != folder);
            if (upwards || sideways) {
                complaints.add(file, i, top + "/" + folder + " must not include " + *included);
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::engineKnowsNoQt()
{
    static const std::regex qtHeader("^(Qt?[A-Z].*|q[a-z]+\\.h|Qt.*/.*)$");
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        for (std::size_t i = 0; file.isUnder("engine/") && i < file.lines.size(); ++i) {
            const auto included = includedBy(file.lines[i]);
            if (included && std::regex_match(*included, qtHeader)) {
                complaints.add(file, i, "the engine is built without Qt");
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::filesNameTheirLicence()
{
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        const std::string licence = file.isUnder("engine/") ? "Apache-2.0" : "GPL-3.0-or-later";
        const std::string wanted = (file.isBuildFile() ? "# " : "// ") + ("SPDX-License-Identifier: " + licence);
        if (file.lines.empty() || file.lines.front() != wanted) {
            complaints.add(file, 0, "the first line must be: " + wanted);
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::headersAreGuarded()
{
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        if (file.isHeader() && std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
            complaints.add(file, 0, "#pragma once is missing");
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::filesAndLinesAreShort()
{
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        if (file.lines.size() > kFileLinesMax) {
            complaints.add(file, file.lines.size() - 1, "more than " + std::to_string(kFileLinesMax) + " lines");
        }
        for (std::size_t i = 0; file.isCode() && i < file.lines.size(); ++i) {
            // Samples of other people's formats: breaking them would change them.
            const bool sample = file.isUnder("tests/") || file.lines[i].find("R\"(") != std::string::npos;
            if (!sample && columnsOf(file.lines[i]) > kLineColumnsMax) {
                complaints.add(file, i, "more than " + std::to_string(kLineColumnsMax) + " columns");
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::headersOpenNoNamespaces()
{
    const std::string banned = std::string("using ") + "namespace";
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        for (std::size_t i = 0; file.isHeader() && i < file.lines.size(); ++i) {
            if (withoutComment(file.lines[i]).find(banned) != std::string::npos) {
                complaints.add(file, i, "a header opens a namespace for everybody who includes it");
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::buildFilesListEveryFile()
{
    std::map<std::string, std::set<std::string>> listed; // folder -> words of its build file
    for (const SourceFile& file : m_files) {
        if (!file.isBuildFile()) {
            continue;
        }
        auto& words = listed[fs::path(file.path).parent_path().generic_string()];
        for (const std::string& line : file.lines) {
            std::istringstream stream(line.substr(0, line.find('#')));
            for (std::string word; stream >> word;) {
                std::erase_if(word, [](char c) { return c == '(' || c == ')' || c == '"'; });
                words.insert(word);
            }
        }
    }
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        if (!file.isCode() || file.isUnder("tests/support/") || (file.isHeader() && !file.isUnder("engine/"))) {
            continue; // outside the engine headers come along with the sources that include them
        }
        // Headers may state a contract before there is a library.
        const auto own = listed.find(fs::path(file.path).parent_path().generic_string());
        bool found = file.isHeader() && own != listed.end() && own->second.empty();
        for (fs::path folder = fs::path(file.path).parent_path(); !folder.empty() && !found; folder = folder.parent_path()) {
            const auto build = listed.find(folder.generic_string());
            found = build != listed.end() && build->second.contains(fs::path(file.path).lexically_relative(folder).generic_string());
        }
        if (!found) {
            complaints.add(file, 0, "no CMakeLists.txt lists this file");
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::awaitedExpressionsAreNamed()
{
    // GCC 12 destroys lambdas and aggregates inside an awaited expression twice.
    const std::string keyword = std::string("co_") + "await";
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        for (std::size_t i = 0; file.isCode() && i < file.lines.size(); ++i) {
            const std::string code = withoutComment(file.lines[i]);
            const std::size_t at = code.find(keyword);
            if (at == std::string::npos || file.path == "tests/tidy/tst_tidy.cpp") {
                continue;
            }
            std::string expression = code.substr(at);
            for (std::size_t next = i + 1; expression.find(';') == std::string::npos && next < file.lines.size(); ++next) {
                expression += withoutComment(file.lines[next]);
            }
            expression = expression.substr(0, expression.find(';'));
            if (expression.find_first_of("[{") != std::string::npos) {
                complaints.add(file, i, "name the lambda or aggregate before awaiting it");
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

void TestTidy::nothingIsLeftToDo()
{
    const std::regex marker(std::string("\\b(") + "TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    Complaints complaints;
    for (const SourceFile& file : m_files) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (std::regex_search(file.lines[i], marker)) {
                complaints.add(file, i, "finish it or file an issue");
            }
        }
    }
    QVERIFY2(complaints.empty(), complaints.text());
}

QTEST_APPLESS_MAIN(TestTidy)
#include "tst_tidy.moc"
