; What a C# file belongs to and uses. Each pattern is run at a using directive or a namespace.
(file_scoped_namespace_declaration name: (_) @package)
(namespace_declaration name: (_) @package)
(using_directive !name [(identifier) (qualified_name)] @import.star)
(using_directive name: (identifier) @alias [(identifier) (qualified_name) (generic_name)] @import.path .)
