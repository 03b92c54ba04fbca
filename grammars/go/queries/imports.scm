; What a Go file belongs to and imports. Each pattern is run at a package clause or import declaration.
(package_clause (package_identifier) @package)
(import_spec !name path: (_) @source @import.namespace)
(import_spec name: (package_identifier) @import.namespace path: (_) @source)
(import_spec name: (dot) path: (_) @source @import.star)
