import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Says of each file whether it conforms: {@code Vera FLAVOUR,FLAVOUR FILE…}.
 *
 * <p>Prints one line for each flavour and file, and the first rules that a file breaks below it. Ends with
 * 1 when one is broken, and with an exception when a file cannot be read.
 */
final class Vera {
    private static final int FAILURES_SHOWN_MAX = 5;

    private Vera() {}

    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean conforms = true;
        for (int index = 1; index < arguments.length; index++) {
            for (String name : arguments[0].split(",")) {
                conforms &= conforms(PDFAFlavour.fromString(name), arguments[index]);
            }
        }
        System.exit(conforms ? 0 : 1);
    }

    private static boolean conforms(PDFAFlavour flavour, String file) throws Exception {
        try (InputStream input = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(input, flavour);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            String verdict = result.isCompliant() ? "PASS" : "FAIL";
            System.out.printf(
                    "%s %s, %d checks: %s%n",
                    verdict, flavour.getId(), result.getTotalAssertions(), file);
            result.getTestAssertions().stream()
                    .filter(checked -> checked.getStatus() == TestAssertion.Status.FAILED)
                    .limit(FAILURES_SHOWN_MAX)
                    .forEach(Vera::explain);
            return result.isCompliant();
        }
    }

    private static void explain(TestAssertion broken) {
        System.out.printf(
                "  %s-%d: %s (%s)%n",
                broken.getRuleId().getClause(),
                broken.getRuleId().getTestNumber(),
                broken.getMessage(),
                broken.getLocation().getContext());
    }
}
