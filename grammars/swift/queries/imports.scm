; The modules a Swift file imports. Each pattern is run at an import declaration.
(import_declaration (identifier) @import.star)
