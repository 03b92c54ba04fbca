; What a Kotlin file belongs to and imports. Each pattern is run at a package header or an import.
(package_header (qualified_identifier) @package)
(import (qualified_identifier) @import.path .)
(import (qualified_identifier) @import.path (identifier) @alias)
(import (qualified_identifier) @import.star "*")
