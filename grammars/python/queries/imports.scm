; What a Python file imports. Each pattern is run at an import statement.
(import_statement name: (dotted_name) @import.head)
(import_statement name: (aliased_import name: (dotted_name) @import.namespace alias: (identifier) @alias))
(import_from_statement module_name: (_) @source name: (dotted_name) @import.name)
(import_from_statement module_name: (_) @source name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @alias))
(import_from_statement module_name: (_) @source (wildcard_import) @import.star)
