; What a Scala file belongs to and imports. Each pattern is run at a package clause or an import.
(package_clause name: (package_identifier) @package)
