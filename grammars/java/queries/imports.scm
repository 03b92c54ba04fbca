; What a Java file belongs to and imports. Each pattern is run at a package or import declaration.
(package_declaration [(identifier) (scoped_identifier)] @package)
(import_declaration [(identifier) (scoped_identifier)] @import.path .)
(import_declaration [(identifier) (scoped_identifier)] @import.star (asterisk))
