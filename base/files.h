// Small files, whole. What write_atomically acknowledges is on disk, and a crash leaves the old or the new content, and
// perhaps a file ".unfinished-*" beside it: list() does not show it, remove_unfinished() clears it away.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace polly::files {

Result<std::string> read(const std::string& path, size_t limit = 16 * 1024 * 1024);
Status write_atomically(const std::string& path, std::string_view content, mode_t mode = 0600);
Status make_directories(const std::string& path, mode_t mode = 0755);
Status remove(const std::string& path);       // no such file is fine
Status remove_tree(const std::string& path);  // stays on its filesystem: stops with `busy` at a mount point
bool exists(const std::string& path);
Result<std::vector<std::string>> list(const std::string& directory);  // names, sorted, without . and ..
// For the owner of a directory, when it starts: what writes that a crash cut short have left behind.
Status remove_unfinished(const std::string& directory);
Status sync_directory(const std::string& path);
// A key: `refused` where anybody but its owner may read or change the file.
Result<std::string> read_private(const std::string& path);
// Keeps other processes that call this for the same directory waiting until it is closed.
Result<UniqueFd> lock_directory(const std::string& path);

}  // namespace polly::files
