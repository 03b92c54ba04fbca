; What a JavaScript file imports and gives on. Each pattern is run at an import or export statement.
(import_statement (import_clause (identifier) @import.default) source: (string) @source)
(import_statement (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_)? @alias))) source: (string) @source)
(import_statement (import_clause (namespace_import (identifier) @import.namespace)) source: (string) @source)
(export_statement (export_clause (export_specifier name: (_) @export.name alias: (_)? @alias)) source: (string)? @source)
(export_statement "*" @export.star source: (string) @source)
(export_statement (namespace_export (_) @export.namespace) source: (string) @source)
(export_statement "default" value: (identifier) @export.default)
