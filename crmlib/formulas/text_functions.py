"""Functions of texts and picklists. To add one: a row."""

from __future__ import annotations

from datetime import date

from crmlib.formulas import moments, numbers, sql_dates, sql_logic, sql_text, texts
from crmlib.formulas.rows import row, way
from crmlib.formulas.sql_value import known

UNARY = "text -> text"

TEXT = (
    row("ASCII(text)", "The Unicode number of the first character.", way("text -> number", texts.code_point, sql_text.code_point)),
    row("BEGINS(text, start)", "Whether the text begins so.", way("text text -> boolean", texts.begins, sql_text.begins, sees_blanks=True)),
    row("BR()", "A new line.", way("-> text", lambda: "\n", lambda: known("\n", "text"))),
    row("CASESAFEID(id)", "Salesforce's id of 18 characters for one of 15.", way(UNARY, texts.case_safe_id)),
    row("CONTAINS(text, part)", "Whether the part stands somewhere in the text.",
        way("text text -> boolean", texts.contains, sql_text.contains, sees_blanks=True)),
    row("FIND(part, text, start)", "Where the part stands in the text, counted from 1, from the start on; 0 if nowhere.",
        way("text text -> number", texts.find, sql_text.find, sees_blanks=True),
        way("text text number -> number", texts.find, sql_text.find, sees_blanks=True)),
    row("HTMLENCODE(text)", "The text as HTML shows it.", way(UNARY, texts.html_encoded, sql_text.html_encoded)),
    row("HYPERLINK(address, label, target)", "A link in HTML. Reports show it as text.",
        way("text text text? -> text", texts.hyperlink, sql_text.hyperlink, sees_blanks=True)),
    row("IMAGE(address, description, height, width)", "A picture in HTML. Reports show it as text.",
        way("text text number? number? -> text", texts.image, sql_text.image, sees_blanks=True)),
    row("INCLUDES(multi_picklist, text)", "Whether this value is one of those chosen.",
        way("multi_picklist text -> boolean", texts.includes, sql_text.includes, sees_blanks=True)),
    row("INITCAP(text)", "A capital at the beginning of each word, small letters in the rest.",
        way(UNARY, texts.capitalized, sql_text.capitalized)),
    row("ISPICKVAL(picklist, text)", "Whether the picklist has this value; blank equals blank.",
        way("text text -> boolean", lambda value, other: value == other, sql_text.same_text, sees_blanks=True)),
    row("JSENCODE(text)", "The text as it stands within quotes of JavaScript.",
        way(UNARY, texts.javascript_encoded, sql_text.javascript_encoded)),
    row("JSINHTMLENCODE(text)", "JSENCODE of HTMLENCODE.",
        way(UNARY, texts.javascript_in_html_encoded, sql_text.javascript_in_html_encoded)),
    row("LEFT(text, count)", "So many characters from the beginning.", way("text number -> text", texts.left, sql_text.left)),
    row("LEN(text)", "Number of characters; 0 for blank.", way("text -> number", texts.length, sql_text.length, sees_blanks=True)),
    row("LOWER(text, language)", "In small letters. In the languages tr and az, I becomes ı.",
        way("text text? -> text", texts.lower, sql_text.lower, sees_blanks=True)),
    row("LPAD(text, count, pad)", "Cut off after so many characters, or filled up to them at the left, with blanks or the pad.",
        way("text number text? -> text", texts.left_pad, sql_text.left_pad)),
    row("MID(text, start, count)", "So many characters from the start on, counted from 1.",
        way("text number number -> text", texts.middle, sql_text.middle)),
    row("PICKLISTCOUNT(multi_picklist)", "How many values are chosen.",
        way("multi_picklist -> number", texts.count_of_values, sql_text.count_of_values, sees_blanks=True)),
    row("REGEX(text, pattern)", "Whether the whole text fits a regular expression.", way("text text -> boolean", texts.matches)),
    row("REVERSE(text)", "The characters in reverse order.", way(UNARY, texts.reverse, sql_text.reverse)),
    row("RIGHT(text, count)", "So many characters from the end.", way("text number -> text", texts.right, sql_text.right)),
    row("RPAD(text, count, pad)", "Cut off after so many characters, or filled up to them at the right, with blanks or the pad.",
        way("text number text? -> text", texts.right_pad, sql_text.right_pad)),
    row("SUBSTITUTE(text, old, new)", "The text with the new text wherever the old one stood.",
        way("text text text -> text", texts.substitute, sql_text.substitute, sees_blanks=True)),
    row("TEXT(value)", "A number, date, moment (in UTC), time or picklist value as text.",
        way("number -> text", numbers.shown, sql_text.shown_number),
        way("date -> text", date.isoformat, sql_dates.show_date),
        way("datetime -> text", moments.show_datetime, sql_dates.show_datetime),
        way("time -> text", moments.show_time, sql_dates.show_time),
        way("text -> text", lambda text: text, sql_logic.as_it_is)),
    row("TRIM(text)", "Without blanks at both ends.", way(UNARY, texts.trim, sql_text.trim)),
    row("UPPER(text, language)", "In capitals. In the languages tr and az, i becomes İ.",
        way("text text? -> text", texts.upper, sql_text.upper, sees_blanks=True)),
    row("URLENCODE(text)", "The text as it stands in an address.", way(UNARY, texts.url_encoded, sql_text.url_encoded)),
    row("VALUE(text)", "The number that a text shows; an error if it shows none.",
        way("text -> number", numbers.read, sql_text.read_number)),
)
