#include "cli/config_file.h"

#include "base/files.h"
#include "core/codec/settings.h"

namespace polly::cli {
namespace {

Result<ConfigFile> parse(const std::string& path) {
  TRY(text, files::read(path, 1024 * 1024));
  TRY(document, yaml::parse(text));
  TRY(settings, settings_from_json(document.value, document.lines));
  return ConfigFile{std::move(settings), std::move(document)};
}

}  // namespace

Result<ConfigFile> read_config(const std::string& path) {
  auto file = parse(path);
  if (!file) return fail_with(file.error(), "cannot use the configuration '{}'", path);
  return file;
}

Result<Settings> read_config_if_any(const Context& context) {
  if (!context.config_named && !files::exists(context.config_file)) return Settings{};
  TRY(file, read_config(context.config_file));
  return std::move(file.settings);
}

}  // namespace polly::cli
