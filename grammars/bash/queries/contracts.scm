; Environment: what is expanded in capitals and given a value nowhere in the script.
((simple_expansion (variable_name) @environment_key.name)
  (#match? @environment_key.name "^[A-Z][A-Z0-9_]+$")
  (#not-any-of? @environment_key.name "BASHPID" "BASH_REMATCH" "BASH_SOURCE" "BASH_VERSION" "EUID" "FUNCNAME" "IFS"
    "LINENO" "OLDPWD" "OPTARG" "OPTIND" "PIPESTATUS" "PPID" "PWD" "RANDOM" "REPLY" "SECONDS" "UID")
  (#set! gate "$"))
((expansion (variable_name) @environment_key.name)
  (#match? @environment_key.name "^[A-Z][A-Z0-9_]+$")
  (#not-any-of? @environment_key.name "BASHPID" "BASH_REMATCH" "BASH_SOURCE" "BASH_VERSION" "EUID" "FUNCNAME" "IFS"
    "LINENO" "OLDPWD" "OPTARG" "OPTIND" "PIPESTATUS" "PPID" "PWD" "RANDOM" "REPLY" "SECONDS" "UID")
  (#set! gate "$"))
((variable_assignment name: (variable_name) @environment_key.assigned) (#set! gate "="))
((declaration_command (variable_name) @environment_key.assigned) (#set! gate "local declare typeset readonly"))
((for_statement variable: (variable_name) @environment_key.assigned) (#set! gate "for"))
((command name: (command_name) @_read argument: (word) @environment_key.assigned)
  (#any-of? @_read "read" "mapfile" "readarray" "getopts") (#set! gate "read mapfile getopts"))
