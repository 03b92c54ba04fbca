// Call sites of Java sources and the definitions they mean, as javac attributes them.
//
// usage: java benches/oracles/JavaCalls.java ROOT > ORACLE.jsonl
//
// One line per definition, in the form grade_calls.py reads. A call site is the last name of what is called; `new` counts as a call of the
// class. Every definition is listed, because an overload that nobody calls is still the same name, and so are calls that lead elsewhere.
// Packages that are neither here nor in the JDK are missing, so javac knows no target for calls that need their types: grade with --partial.

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.type.TypeKind;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

public class JavaCalls extends TreePathScanner<Void, Void> {
    private final Path root;
    private final Trees trees;
    private final Map<String, List<String>> found = new TreeMap<>();

    JavaCalls(Path root, Trees trees) {
        this.root = root;
        this.trees = trees;
    }

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[0]).toRealPath();
        List<Path> files;
        try (var all = Files.walk(root)) {
            files = all.filter(path -> path.toString().endsWith(".java") && !path.endsWith("module-info.java")).sorted().toList();
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var manager = compiler.getStandardFileManager(null, null, null);
        var options = List.of("-proc:none", "-XDshould-stop.ifError=FLOW", "-Xmaxerrs", "1");
        var task = (JavacTask) compiler.getTask(null, manager, problem -> { }, options, null, manager.getJavaFileObjectsFromPaths(files));
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        JavaCalls scanner = new JavaCalls(root, Trees.instance(task));
        units.forEach(unit -> scanner.scan(unit, null));
        scanner.found.forEach((definition, calls) -> System.out.println("{" + definition + ",\"calls\":[" + String.join(",", calls) + "]}"));
    }

    @Override
    public Void visitClass(ClassTree node, Void nothing) {
        note(element());
        return super.visitClass(node, nothing);
    }

    @Override
    public Void visitMethod(MethodTree node, Void nothing) {
        // A constructor counts as its class.
        if (node.getReturnType() != null) {
            note(element());
        }
        return super.visitMethod(node, nothing);
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree node, Void nothing) {
        Tree select = node.getMethodSelect();
        Element target = trees.getElement(new TreePath(getCurrentPath(), select));
        if (target != null && target.getKind() == ElementKind.CONSTRUCTOR) {
            target = select.toString().equals("this") ? target.getEnclosingElement() : null;
        }
        call(target, select);
        return super.visitMethodInvocation(node, nothing);
    }

    @Override
    public Void visitNewClass(NewClassTree node, Void nothing) {
        Element around = trees.getElement(getCurrentPath().getParentPath());
        if (around == null || around.getKind() != ElementKind.ENUM_CONSTANT) {
            Tree name = node.getIdentifier();
            if (name instanceof ParameterizedTypeTree generic) {
                name = generic.getType();
            }
            call(trees.getElement(new TreePath(getCurrentPath(), name)), name);
        }
        return super.visitNewClass(node, nothing);
    }

    private Element element() {
        return trees.getElement(getCurrentPath());
    }

    private List<String> note(Element target) {
        String definition = target == null ? null : definition(target);
        return definition == null ? null : found.computeIfAbsent(definition, key -> new ArrayList<>());
    }

    private void call(Element target, Tree name) {
        if (target == null || target.asType().getKind() == TypeKind.ERROR) {
            return;
        }
        List<String> calls = note(target);
        if (calls == null) {
            String external = "\"external\":true,\"symbol\":\"" + target.getSimpleName() + "\"";
            calls = found.computeIfAbsent(external, key -> new ArrayList<>());
        }
        if (!(name instanceof IdentifierTree || name instanceof MemberSelectTree)) {
            return;
        }
        CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
        long end = trees.getSourcePositions().getEndPosition(unit, name);
        String path = relative(unit);
        boolean isTest = path.contains("src/test/");
        calls.add("{\"path\":\"" + path + "\",\"line\":" + unit.getLineMap().getLineNumber(end) + ",\"test\":" + isTest + "}");
    }

    private String relative(CompilationUnitTree unit) {
        return root.relativize(Path.of(unit.getSourceFile().toUri())).toString();
    }

    /** The beginning of the line of a definition, or nothing for what no source defines. */
    private String definition(Element target) {
        boolean isConstructor = target.getKind() == ElementKind.CONSTRUCTOR;
        TreePath path = trees.getPath(target);
        if (path == null || isConstructor && trees.getElement(path) != target) {
            return null;
        }
        CompilationUnitTree unit = path.getCompilationUnit();
        Element container = target.getEnclosingElement();
        String name = (isConstructor ? container : target).getSimpleName().toString();
        var positions = trees.getSourcePositions();
        long from;
        if (path.getLeaf() instanceof MethodTree method) {
            Tree before = method.getReturnType() == null ? method.getModifiers() : method.getReturnType();
            from = Math.max(positions.getEndPosition(unit, before), positions.getStartPosition(unit, method));
        } else if (path.getLeaf() instanceof ClassTree type) {
            from = Math.max(positions.getEndPosition(unit, type.getModifiers()), positions.getStartPosition(unit, type));
        } else {
            return null;
        }
        if (name.isEmpty()) {
            return null;
        }
        try {
            var text = unit.getSourceFile().getCharContent(true).toString();
            var word = java.util.regex.Pattern.compile("\\b" + name + "\\b").matcher(text);
            long line = unit.getLineMap().getLineNumber(word.find((int) from) ? word.start() : from);
            return "\"symbol\":\"" + name + "\",\"container\":\"" + container.getSimpleName() + "\",\"def\":{\"path\":\"" + relative(unit)
                + "\",\"line\":" + line + "}";
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }
}
