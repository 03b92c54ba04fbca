; What a C file includes. The pattern is run at an include directive.
(preproc_include path: (string_literal (string_content) @import.file))
(preproc_include path: (system_lib_string) @import.file)
