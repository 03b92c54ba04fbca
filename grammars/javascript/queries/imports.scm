; What a JavaScript file imports and gives on. Each pattern is run at an import or export statement.
(import_statement (import_clause (identifier) @import.default) source: (string) @source)
(import_statement (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_)? @alias))) source: (string) @source)
(import_statement (import_clause (namespace_import (identifier) @import.namespace)) source: (string) @source)
(export_statement (export_clause (export_specifier name: (_) @export.name alias: (_)? @alias)) source: (string)? @source)
(export_statement "*" @export.star source: (string) @source)
(export_statement (namespace_export (_) @export.namespace) source: (string) @source)
(export_statement "default" value: (identifier) @export.default)

; Modules asked for by a call. Each pattern is run at a variable whose value begins with such a call.
(variable_declarator
  name: (identifier) @import.namespace
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @source .))
  (#eq? @_require "require"))
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @import.name
    (pair_pattern key: (property_identifier) @import.name value: (identifier) @alias)])
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @source .))
  (#eq? @_require "require"))
(variable_declarator
  name: (identifier) @alias
  value: (member_expression
    object: (call_expression function: (identifier) @_require arguments: (arguments . (string) @source .))
    property: (property_identifier) @import.name)
  (#eq? @_require "require"))
(variable_declarator
  name: (identifier) @import.namespace
  value: (await_expression (call_expression function: (import) arguments: (arguments . (string) @source))))
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @import.name
    (pair_pattern key: (property_identifier) @import.name value: (identifier) @alias)])
  value: (await_expression (call_expression function: (import) arguments: (arguments . (string) @source))))
