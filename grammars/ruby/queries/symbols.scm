; What a Ruby file defines. A module is a trait: it gives its methods to what includes it.
(class name: (_) @name body: (_)? @body) @definition.class
(module name: (_) @name body: (_)? @body) @definition.trait
(method name: (_) @name body: (_)? @body) @definition.method
(method name: (identifier) @name body: (_)? @body (#eq? @name "initialize")) @definition.constructor
(singleton_method name: (_) @name body: (_)? @body) @definition.method
(assignment left: (constant) @name) @definition.constant
(assignment left: (instance_variable) @name) @definition.field
(assignment left: (class_variable) @name) @definition.field
